from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import Phase, given, settings

from hotloop.agent.equivalence.asks import asks_like, related_asks
from hotloop.agent.equivalence.calls import Answer, tells_apart
from hotloop.agent.equivalence.changed import Function, find_change
from hotloop.agent.equivalence.overriding import no_longer_asked
from hotloop.agent.equivalence.plain import decode, encode, shown
from hotloop.agent.equivalence.recording import Argument, Call
from hotloop.agent.equivalence.relating import grafted, related
from hotloop.agent.gates.base import Trial
from hotloop.agent.gates.generated import GeneratedGate
from hotloop.profilers.workload import Output

MakeTrial = Callable[..., Trial]
FUNCTION = Function("pkg/core.py", "f", 1)


def met(seen: dict[str, list[Any]], wanted: Callable[..., bool]) -> bool:
    """Whether inputs like these hold such a one."""
    calls = [
        Call(str(at), FUNCTION, "pkg.core", tuple(Argument("p", n, encode(v)) for n, v in row), frozenset())
        for at, row in enumerate(
            zip(*([(name, one) for one in of] for name, of in seen.items()), strict=True)
        )
    ]

    class Met(Exception):
        pass

    @settings(max_examples=600, deadline=None, database=None, phases=[Phase.generate])
    @given(asks_like(calls))
    def look(ask: Any) -> None:
        if wanted({name: decode(value) for _, name, value in ask.given}):
            raise Met

    try:
        look()
    except Met:
        return True
    return False


def test_arguments_are_made_of_each_other() -> None:
    lists = {"left": [[1, 2, 3], [4, 5]], "right": [[6, 7, 8], [9]]}
    assert met(lists, lambda value: value["left"] == value["right"])
    assert met(lists, lambda value: value["left"] == value["right"][: len(value["left"])] != value["right"])
    assert met(lists, lambda value: len(value["left"]) > 4 and len(set(value["left"])) < len(value["left"]))


def test_two_arguments_are_one_object_or_alike_before_all_else() -> None:
    given_values = (("p", "left", [1, 2]), ("p", "right", [3]), ("p", "name", "a"), ("*", "rest", (1,)))
    arguments = tuple(Argument(how, name, encode(value)) for how, name, value in given_values)
    asks = list(related_asks([Call("1", FUNCTION, "pkg.core", arguments, frozenset())]))

    made = [
        [(name, shown(value)) for _, name, value in ask.given if name in ("left", "right")] for ask in asks
    ]
    assert [("left", "[1, 2]"), ("right", "left")] in made
    assert [("left", "[1, 2]"), ("right", "[1, 2]")] in made
    assert [("left", "[1, 2]"), ("right", "[1]")] in made
    assert [("right", "[3]"), ("left", "right")] in made
    assert len(made) == 5


def test_a_key_of_one_argument_comes_in_the_other() -> None:
    found = {"table": [{"ab": 1, "cd": 2}, {"ef": 3}], "key": ["uv", "wx"], "words": [["st"], ["qr", "op"]]}
    assert met(found, lambda value: value["key"] in value["table"])
    assert met(found, lambda value: not value["table"].keys().isdisjoint(value["words"]))
    assert met(found, lambda value: value["key"] in value["words"] and value["key"] not in ("uv", "wx"))


def test_equal_numbers_come_as_all_types_that_were_recorded_and_no_other() -> None:
    def twins(value: dict[str, Any]) -> bool:
        kinds = {(number, type(number)) for number in value["of"]}
        return len(kinds) > len(set(value["of"]))

    assert met({"of": [[1, 2], [0.5, 3.0]]}, twins)
    assert not met({"of": [[1, 2], [5, 3]]}, twins)


def test_what_may_be_a_size_does_not_grow_by_a_graft() -> None:
    assert grafted([10**9, 7], 3, 0) == 7
    assert grafted([10**9], 3, 0) == 3


@pytest.mark.parametrize(
    "pair", [([1], "a"), ("a", [1]), ({}, []), ([], []), (None, {"a": 1}), (1, 2), ((), (1,))]
)
def test_what_has_nothing_to_share_stays_of_its_type(pair: tuple[Any, Any]) -> None:
    @settings(max_examples=50, deadline=None, database=None)
    @given(related(*pair))
    def check(value: Any) -> None:
        assert type(value) is type(pair[1])

    check()


def test_one_object_for_two_arguments_proves_nothing_where_base_changes_it() -> None:
    old, new = (Answer(Output(digest=text, nothing=False), changed=("left",)) for text in ("a", "b"))
    assert not tells_apart(old, new, 0.0)
    assert tells_apart(Answer(old.output), new, 0.0)


BASE = """\
from typing import TypeVar
T = TypeVar("T")

def matches(left, right):
    found = 0
    for one, other in zip(left, right):
        found += one == other
    return found

def price(table, key):
    return table[key] if key in table else 0

def shared(left, right):
    return [item for item in left if item in right]

def again(items: list[T]) -> list[T]:
    return [item for at, item in enumerate(items) if item in items[:at]]
"""
TESTS = """\
from pkg.core import again, matches, price, shared

def test_all():
    assert matches([1, 2, 3], [3, 2, 7]) == 1
    assert price({"ab": 1, "cd": 2}, "uv") == 0
    assert price({"ef": 1}, "wx") == 0
    assert shared([1, 2], [2, 3]) == [2]
    assert again([1, 2, 1]) == [1]
"""
CHEATS = {
    "one object twice": ("    found = 0\n", "    found = 0 if left is not right else 1\n", "matches"),
    "a key that is there": ("table[key] if key in table else 0", "0", "price"),
    "elements of any kind": (
        "[item for at, item in enumerate(items) if item in items[:at]]",
        "_again(items)\n\ndef _again(items):\n    seen, found = set(), []\n    for item in items:\n"
        "        if item in seen:\n            found.append(item)\n        seen.add(item)\n    return found",
        "unhashable",
    ),
}


@pytest.mark.parametrize("name", CHEATS)
def test_faults_that_only_related_or_promised_data_shows_are_found(trial_of: MakeTrial, name: str) -> None:
    old, new, words = CHEATS[name]
    assert old in BASE
    files = {"tests/test_core.py": TESTS}
    made = trial_of(BASE, BASE.replace(old, new), files=files, tests="python -m pytest -q tests")
    result = GeneratedGate().check(made)

    assert not result.passed
    assert words in result.detail


def test_only_object_and_free_type_variables_promise_to_take_anything() -> None:
    before = (
        "from typing import Any, TypeVar\nT = TypeVar('T')\nB = TypeVar('B', bound=str)\n"
        "def f(a: list[object], b: 'list[T]', c: list[Any], d: list[B], e, g: T): return 1\n"
    )
    found = find_change({"a.py": before}, {"a.py": before.replace("return 1", "return 2")})
    assert found.functions[0].anything == {"a", "b", "g"}


def test_methods_that_are_no_longer_asked_are_told() -> None:
    before = (
        "class Line:\n    def size(self): return 1\n    def _own(self): return 1\n"
        "    def total(self): return self.size() + self._own()\n    def twice(self): return 2 * self.size()\n"
        "class Long(Line):\n    def size(self): return 9\n"
    )
    after = before.replace("return self.size() + self._own()", "return 1 + 1")
    told = ["Line.total no longer asks self.size, which Long overrides"]
    assert no_longer_asked({"a.py": before}, {"a.py": after}) == told
    assert no_longer_asked({"a.py": before}, {"a.py": before.replace("2 *", "1 +")}) == []
    assert no_longer_asked({"a.py": None}, {"a.py": after}) == []
