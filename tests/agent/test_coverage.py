from __future__ import annotations

from pathlib import Path

import pytest

from hotloop.agent.coverage import Changed, affordable, changed, choose, not_executed
from hotloop.repos.patch import apply_patch, make_patch
from hotloop.repos.suites import Traced

BASE = """\
import os

LIMIT = 3


def first(x):
    return x


class Box:
    @property
    def size(self):
        return 1

    def grow(self):
        pass
"""


def change_of(tmp_path: Path, text: str) -> Changed:
    base, tree = tmp_path / "base", tmp_path / "tree"
    for place in (base, tree):
        place.mkdir()
        (place / "core.py").write_text(BASE)
    patch = make_patch(base, {"core.py": text})
    apply_patch(tree, patch)
    return changed(patch, base, tree)


@pytest.mark.parametrize(
    ("old", "new", "spans"),
    [
        ("return x", "return x + 0", [range(6, 8)]),
        ("return 1", "return 2", [range(11, 14)]),
        ("@property", "@cached", [range(11, 14)]),
        ("    return x\n", "    y = x\n    return x\n", [range(6, 8)]),
        ("        pass\n", "        pass\n\n\ndef new():\n    pass\n", []),
        ("LIMIT = 3", "LIMIT = 4", []),
    ],
)
def test_changed_functions_are_found_by_their_lines_at_base(
    tmp_path: Path, old: str, new: str, spans: list[range]
) -> None:
    found = change_of(tmp_path, BASE.replace(old, new))
    assert found.spans == {"core.py": spans}
    assert found.outside is (spans == [])


def test_added_lines_are_the_candidates(tmp_path: Path) -> None:
    found = change_of(tmp_path, BASE.replace("    return x\n", "    y = x\n    return y\n"))
    assert found.lines == {"core.py": frozenset({7, 8})}


TRACED = Traced(
    places=(("core.py", 6), ("core.py", 11), ("core.py", 1), ("tests/test_a.py", 6)),
    ran={"": (2, 3), "a": (0, 3), "b": (0, 1), "c": (1,), "d": (3,)},
    seconds={"a": 3.0, "b": 1.0, "c": 2.0, "d": 1.0},
)
FIRST = Changed({"core.py": [range(6, 8)]}, {}, outside=False)


def test_tests_that_enter_a_changed_function_are_chosen_cheapest_first() -> None:
    chosen = choose(set("abcd"), TRACED, FIRST, most=None)
    assert (chosen.tests, chosen.whole) == (("b", "a"), True)


def test_tests_that_are_not_steady_are_not_chosen() -> None:
    assert choose(set("acd"), TRACED, FIRST, most=None).tests == ("a",)


def test_a_limit_of_time_leaves_tests_out_and_says_so() -> None:
    chosen = choose(set("abcd"), TRACED, FIRST, most=2.0)
    assert (chosen.tests, chosen.whole) == (("b",), False)


def test_code_outside_functions_is_covered_by_all_that_enter_its_file() -> None:
    outside = Changed({"core.py": []}, {}, outside=True)
    assert choose(set("abcd"), TRACED, outside, most=None).tests == ("b", "c", "a")


def test_what_was_cut_for_its_size_is_not_whole() -> None:
    cut = TRACED.model_copy(update={"whole": False})
    assert not choose(set("abcd"), cut, FIRST, most=None).whole


def test_a_quarter_of_a_long_suite_may_run_first() -> None:
    assert affordable(TRACED) == 5.0
    assert affordable(TRACED.model_copy(update={"seconds": {"a": 100.0}})) == 25.0


def test_only_lines_with_code_that_no_run_executed_are_missed() -> None:
    change = Changed({}, {"core.py": frozenset({2, 3, 4, 6, 9})}, outside=False)
    tests = Traced(places=(("core.py", 6),), ran={"a": (0,)}, executable={"core.py": (1, 2, 3, 4, 6)})
    workload = Traced(places=(("core.py", 2), ("other.py", 3)), ran={"": (0, 1)})
    assert not_executed(change, [tests, workload]) == ("core.py:3-4",)
    assert not_executed(change, [tests]) == ("core.py:2-4",)
