from __future__ import annotations

import pytest

from hotloop.agent.reach import Reach, changed_functions, reach
from hotloop.profilers.profile import Hotspot

BEFORE = '''\
"""Module."""
LIMIT = 3

def cold(items):
    """Says how many."""
    for item in items:
        print(item)

def made(items):
    found = []
    for item in items:
        found.append(item)
    return found

class Box:
    size = 1

    def fill(self, value):
        self.value = value

    def quiet(self):
        x = 1
        x += 1
'''


def spot(function: str, total: float, file: str = "a.py") -> Hotspot:
    return Hotspot(function=function, file=file, line=1, self_share=total, total_share=total, bound=1.0)


def after(old: str, new: str) -> str:
    assert old in BEFORE
    return BEFORE.replace(old, new)


def reached(old: str, new: str, *spots: Hotspot) -> Reach:
    return reach({"a.py": BEFORE}, {"a.py": after(old, new)}, spots)


def test_a_change_inside_a_cheap_function_is_too_small() -> None:
    found = reached("x += 1", "x += 2", spot("Box.quiet", 0.004), spot("made", 0.9))

    assert found == Reach(0.004)
    assert found.too_small


def test_a_change_inside_a_costly_function_is_not() -> None:
    found = reached("x += 1", "x += 2", spot("Box.quiet", 0.3))

    assert found.share == 0.3
    assert not found.too_small


def test_shares_of_several_changed_functions_add_up_to_no_more_than_all() -> None:
    both = after("x += 1", "x += 2").replace("print(item)", "print(item, item)")
    found = reach({"a.py": BEFORE}, {"a.py": both}, [spot("Box.quiet", 0.7), spot("cold", 0.6)])

    assert found.share == 1.0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("return found", "return set(found)"),
        ("found = []", "found = collections.deque()"),
        ("self.value = value", "self.value = tuple(value)"),
        ("found.append(item)", "found.append(str(item))"),
    ],
)
def test_what_other_code_works_on_may_change_its_cost(old: str, new: str) -> None:
    found = reached(old, new, spot("made", 0.001), spot("Box.fill", 0.001))

    assert found.open is not None
    assert not found.too_small


@pytest.mark.parametrize(
    ("old", "new"), [("LIMIT = 3", "LIMIT = 4"), ("size = 1", "size = 2"), ("class Box:", "class Box(dict):")]
)
def test_code_outside_functions_leaves_the_reach_open(old: str, new: str) -> None:
    assert reached(old, new, spot("cold", 0.001)).open == "a.py: code outside functions changed"


def test_a_function_that_was_not_profiled_leaves_the_reach_open() -> None:
    found = reached("x += 1", "x += 2", spot("made", 0.9))

    assert found.open == "not among the profiled functions: a.py:Box.quiet"


def test_comments_docstrings_and_new_functions_change_no_function() -> None:
    text = after('"""Says how many."""', '"""Other words."""').replace("x = 1\n", "x = 1  # one\n")

    assert changed_functions(BEFORE, text + "\ndef helper():\n    return 1\n") == (set(), None)


def test_a_removed_function_may_have_been_asked_for_elsewhere() -> None:
    text = BEFORE[: BEFORE.index("    def quiet")]

    assert changed_functions(BEFORE, text) == ({"Box.quiet"}, "what leaves Box.quiet changed")


@pytest.mark.parametrize(
    ("before", "text"), [(None, "x = 1"), ("x = 1", None), ("x = 1", "x = ("), ("cdef int x", "cdef int y")]
)
def test_files_that_come_go_or_are_not_python_leave_the_reach_open(
    before: str | None, text: str | None
) -> None:
    found = reach({"a.py": before}, {"a.py": text}, [spot("f", 0.001)])

    assert found.open is not None
    assert not found.too_small


def test_nested_functions_count_as_the_one_around_them() -> None:
    nested = "def outer():\n    def inner():\n        x = 1\n    inner()\n"
    found = reach(
        {"a.py": nested}, {"a.py": nested.replace("1", "2")}, [spot("outer", 0.5), spot("outer.inner", 0.001)]
    )

    assert found.share == 0.5
