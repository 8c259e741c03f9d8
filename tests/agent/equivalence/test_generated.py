from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
