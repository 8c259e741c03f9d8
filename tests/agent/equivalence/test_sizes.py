from __future__ import annotations

import random
from collections.abc import Callable

from hotloop.agent.equivalence.sizes import larger
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
    assert result.facts["sizes"][0] == 200
    assert any(text.startswith("size 2: base: ") for text in result.facts["not_compared"])


def test_what_is_wrong_far_beyond_the_usual_size_is_found(trial_of: Callable[..., Trial]) -> None:
    files = {"bench.py": WORKLOAD.replace("REFUSED", "False")}
    result = EquivalenceGate().check(
        trial_of(SLOW, "def total(items):\n    return sum(items[:300])\n", files=files)
    )

    assert not result.passed
    assert "the workload's output differs for seed " in result.detail


def test_how_much_larger_depends_on_the_time_it_takes() -> None:
    rng = random.Random(1)
    assert list(larger(100, 9.0, rng)) == []
    assert all(2000 <= size <= 3200 for _ in range(50) for size in larger(100, 1.0, rng))
    assert all(9000 <= size <= 10_000 for _ in range(50) for size in larger(100, 0.01, rng))
