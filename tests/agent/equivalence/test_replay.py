from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hotloop.agent.gates.base import Trial
from hotloop.agent.gates.replay import ReplayGate

TESTS = """\
from pkg.core import total

def test_total():
    assert total([1, 2, 3]) == 6
    assert total([]) == 0
    assert total([0.5, 1]) == 1.5
"""
PYTEST = "python -m pytest -q tests"
SLOW = """\
def total(items):
    result = 0
    for item in items:
        result += item
    return result
"""


def check(trial: Trial) -> Any:
    return ReplayGate().check(trial)


def test_an_honest_rewrite_passes(trial_of: Callable[..., Trial]) -> None:
    result = check(
        trial_of(
            SLOW,
            "def total(items):\n    return sum(items)\n",
            files={"tests/test_core.py": TESTS},
            tests=PYTEST,
        )
    )

    assert result.passed, result
    assert result.facts["calls"] >= 4
    assert result.facts["not_compared"] == []
