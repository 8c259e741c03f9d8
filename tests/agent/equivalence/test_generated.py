from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hotloop.agent.gates.base import Trial
from hotloop.agent.gates.generated import GeneratedGate

MakeTrial = Callable[..., Trial]

PYTEST = "python -m pytest -q tests"
SLOW = """\
def total(items):
    result = 0
    for item in items:
        result += item
    return result

def unique(items):
    found = []
    for item in items:
        if item not in found:
            found.append(item)
    return found
"""
TESTS = """\
from pkg.core import unique

def test_unique():
    assert unique([1, 2, 1]) == [1, 2]
    assert unique(["a", "b"]) == ["a", "b"]
    assert unique([]) == []
"""


def check(trial: Trial) -> Any:
    return GeneratedGate().check(trial)


def test_what_no_test_tries_is_found_and_shrunk(trial_of: MakeTrial) -> None:
    after = SLOW[: SLOW.index("def unique")] + "def unique(items):\n    return sorted(set(items))\n"
    result = check(
        trial_of(SLOW, after, files={"tests/test_core.py": TESTS}, tests=PYTEST, equivalence_seconds=8.0)
    )

    assert not result.passed
    assert "pkg.core.unique(items=" in result.detail
    assert (
        result.detail.endswith(": base gave ['b', 'a'], the candidate gave ['a', 'b']")
        or "[1, 0]" in result.detail
    )
    assert result.facts["counted"] > 0


FAILS = {
    "numbers that no float holds": (
        "return [item + 1 for item in items]",
        "return [int(float(item)) + 1 for item in items]",
    ),
    "what an exception carries": ("raise Unfit(at)", "raise Unfit(0)"),
    "exceptions of another type": (
        "if item < 0:\n            raise Unfit(at)",
        "{0: at}[int(item < 0)]",
    ),
    "keys that are not there": ("item['n']", "item.get('n', 0)"),
}
MEMO = "return list(_SIGNS.setdefault(value, [math.copysign(1.0, value)]))"
ROWS = """\
import math

_SIGNS = {}

def sign(value):
    return [math.copysign(1.0, value)]

class Unfit(ValueError):
    def __init__(self, at):
        super().__init__("unfit")
        self.at = at

def fit(items):
    for at, item in enumerate(items):
        if item < 0:
            raise Unfit(at)
    return len(items)

def shifted(items):
    return [item + 1 for item in items]

def column(rows):
    \"\"\"Raises KeyError for a row without n.\"\"\"
    return [item['n'] for item in rows]

def common(left, right):
    return [item for item in left if item in right]
"""
ROW_TESTS = """\
from pkg.core import column, common, fit, shifted, sign

def test_rows():
    assert fit([1, 2]) == 2
    assert sign(2.5) == [1.0]
    assert shifted([1, 2]) == [2, 3]
    assert column([{"n": 1, "m": 2}, {"n": 2, "m": 3}]) == [1, 2]
    assert common([1, 2], [2]) == [2]
"""
ROW_WORKLOAD = "from pkg.core import shifted\ndef workload():\n    return shifted([1])\n"


def rows_checked(trial_of: MakeTrial, old: str, new: str) -> Any:
    assert old in ROWS
    files = {"tests/test_core.py": ROW_TESTS, "bench.py": ROW_WORKLOAD}
    return check(trial_of(ROWS, ROWS.replace(old, new), files=files, tests=PYTEST, equivalence_seconds=12.0))


@pytest.mark.parametrize("name", FAILS)
def test_values_beyond_the_recorded_ones_are_tried_where_base_says_what_becomes_of_them(
    trial_of: MakeTrial, name: str
) -> None:
    result = rows_checked(trial_of, *FAILS[name])

    assert not result.passed
    assert "base " in result.detail


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("raise Unfit(at)", "raise TypeError(at)"),
        ("raise Unfit(at)", "raise type('Worse', (Unfit,), {})(at)"),
    ],
)
def test_an_exception_that_is_meant_or_derives_from_that_of_base_passes(
    trial_of: MakeTrial, old: str, new: str
) -> None:
    result = rows_checked(trial_of, old, new)

    assert result.passed, result


def test_a_memo_that_takes_two_inputs_for_one_is_found_by_the_calls_before(trial_of: MakeTrial) -> None:
    result = rows_checked(trial_of, "return [math.copysign(1.0, value)]", MEMO)

    assert not result.passed
    assert "0.0): base gave " in result.detail
    assert result.detail.endswith(" other calls")


@pytest.mark.parametrize("side", ["base", "candidate"])
def test_a_memo_of_base_or_one_that_tells_inputs_apart_passes(trial_of: MakeTrial, side: str) -> None:
    plain, careful = "return [math.copysign(1.0, value)]", MEMO.replace("(value,", "(repr(value),")
    old, new = (MEMO, plain) if side == "base" else (plain, careful)
    files = {"tests/test_core.py": ROW_TESTS, "bench.py": ROW_WORKLOAD}
    before, after = ROWS.replace(plain, old), ROWS.replace(plain, new)
    result = check(trial_of(before, after, files=files, tests=PYTEST, equivalence_seconds=12.0))

    assert result.passed, result
    assert any("only after other calls" in text for text in result.facts["may_differ"]) is (side == "base")


def test_a_type_that_nobody_ever_gave_is_shown_and_no_more(trial_of: MakeTrial) -> None:
    old = "return [item for item in left if item in right]"
    result = rows_checked(
        trial_of, old, "known = set(right)\n    return [item for item in left if item in known]"
    )

    assert result.passed
    assert any("unhashable" in text for text in result.facts["may_differ"]), result.facts


def test_many_inputs_are_tried_in_a_short_time(trial_of: MakeTrial) -> None:
    old = "return [item + 1 for item in items]"
    result = rows_checked(trial_of, old, "return [1 + item for item in items]")

    assert result.passed
    assert result.facts["tried"] > 200
