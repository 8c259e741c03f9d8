from __future__ import annotations

from collections.abc import Callable

from hotloop.agent.gates.base import Trial
from hotloop.agent.gates.equivalence import EquivalenceGate

WORKLOAD = """\
from pkg.core import total

def setup(seed, size=20):
    if size == 2 and REFUSED:
        raise ValueError("too small")
    return list(range(seed % 7, size))

def workload(state):
    return total(state)
"""
SLOW = "def total(items):\n    return sum(sorted(items))\n"


def test_what_is_right_on_the_usual_size_alone_is_found(trial_of: Callable[..., Trial]) -> None:
    files = {"bench.py": WORKLOAD.replace("REFUSED", "False")}
    result = EquivalenceGate().check(
        trial_of(SLOW, "def total(items):\n    return sum(items[:50])\n", files=files)
    )

    assert not result.passed
    assert result.detail.startswith("at size 200 the workload's output differs for seed ")


def test_sizes_that_base_refuses_are_listed(trial_of: Callable[..., Trial]) -> None:
    files = {"bench.py": WORKLOAD.replace("REFUSED", "True")}
    result = EquivalenceGate().check(
        trial_of(SLOW, "def total(items):\n    return sum(items)\n", files=files)
    )

    assert result.passed, result
    assert result.facts["sizes"] == [200]
    assert any(text.startswith("size 2: base: ") for text in result.facts["not_compared"])
