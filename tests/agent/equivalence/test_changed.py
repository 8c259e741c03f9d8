from __future__ import annotations

import textwrap

import pytest

from hotloop.agent.equivalence.changed import Change, find_change, is_public
from hotloop.agent.equivalence.plain import decode, encode

BEFORE = """\
LIMIT = 3

def _low(x):
    return x

def _high(x):
    return _low(x)

def top(x):
    return _high(x)

def other(x):
    return x

def limited(x):
    return x < LIMIT

class Table:
    def __init__(self, rows):
        self._rows = list(rows)

    @property
    def size(self):
        return len(self._rows)

    def _find(self, key):
        return [row for row in self._rows if row == key]

    def get(self, key):
        return self._find(key)
"""


def change(old: str, new: str, before: str = BEFORE) -> Change:
    assert old in before
    return find_change({"pkg/core.py": before}, {"pkg/core.py": before.replace(old, new)})


def names(found: Change) -> list[str]:
    return [one.name for one in found.functions]


def test_a_public_function_that_changed_is_called_itself_with_its_first_line() -> None:
    found = change("def other(x):\n    return x", "def other(x):\n    return x or 0")

    assert [(one.name, one.line, one.label) for one in found.functions] == [("other", 12, "core.other")]
    assert find_change({"a.py": "@d\ndef f():\n    pass\n"}, {"a.py": ""}).functions[0].line == 1


def test_a_private_function_is_seen_through_the_public_ones_that_use_it() -> None:
    assert names(change("def _low(x):\n    return x", "def _low(x):\n    return 1")) == ["top"]
    assert names(change("if row == key]", "if key == row]")) == ["Table.get"]


def test_a_constant_is_seen_through_the_functions_that_name_it() -> None:
    assert names(change("LIMIT = 3", "LIMIT = 4")) == ["limited"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("def top(x):\n", 'def top(x):\n    """Words."""\n'),
        ("LIMIT = 3\n", "LIMIT = 3\n\ndef _new():\n    pass\n"),
        ("LIMIT = 3\n", "# words\nLIMIT = 3\n_EXTRA = {}\n"),
    ],
)
def test_words_and_additions_change_nothing_that_could_be_called(old: str, new: str) -> None:
    assert change(old, new) == Change((), frozenset(), ())


def test_a_class_that_keeps_something_else_inside_is_rebuilt_and_one_that_works_otherwise_is_not() -> None:
    assert change("list(rows)", "tuple(rows)").rebuilt == {"Table"}
    assert change("class Table:\n", "class Table:\n    __slots__ = ('_rows',)\n\n").rebuilt == {"Table"}
    assert not change("len(self._rows)", "0 + len(self._rows)").rebuilt


def test_a_private_function_that_nothing_public_uses_is_listed() -> None:
    found = change("def _low(x):\n    return x", "def _low(x):\n    return 1", "def _low(x):\n    return x\n")

    assert (found.functions, found.unseen) == ((), ("pkg/core.py:_low",))


@pytest.mark.parametrize(
    ("name", "public"), [("f", True), ("_f", False), ("A.f", True), ("A._f", False), ("A.__init__", True)]
)
def test_names_are_public_by_every_part(name: str, public: bool) -> None:
    assert is_public(name) is public


VALUES = [
    None, True, 0, -5, 2**70, 1.5, -0.0, float("inf"), "a\ud800\n", b"\x00\xff", [1, [2]], (1, ("a",)),
    {1, 2}, frozenset({"x"}), {"a": {1: None}},
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_plain_data_arrives_as_it_was(value: object) -> None:
    assert repr(decode(encode(value))) == repr(value)


@pytest.mark.parametrize(
    "tagged", [[], ["?"], ["i", "x"], ["d", [[["l", []], ["n"]]]], ["l", 3], "text", {"a": 1}, ["y", "zz"]]
)
def test_what_is_no_plain_data_is_refused(tagged: object) -> None:
    with pytest.raises(ValueError, match=r"plain data|invalid|non-hexadecimal"):
        decode(tagged)  # type: ignore[arg-type]  # it comes from another process


def test_objects_are_no_plain_data() -> None:
    with pytest.raises(KeyError):
        encode(textwrap)
