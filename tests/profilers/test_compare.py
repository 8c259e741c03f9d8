from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from hotloop.profilers.compare import MIN_PAIRS, MeasureSettings, compare, noise_floor
from hotloop.profilers.engines import turns
from hotloop.profilers.verdict import Outcome
from hotloop.profilers.workload import Workload
from hotloop.sandboxes.base import Sandbox

MakeSandbox = Callable[[dict[str, str]], Sandbox]
MakeWorkload = Callable[..., Workload]

SETTINGS = MeasureSettings(
    min_speedup=1.02, confidence=0.98, max_seconds=8.0, max_regression=1.5, varies=True, seed=1
)
CALLS = """
from pkg.core import total
def setup(seed):
    return [(seed + number) % 1000 for number in range(4000)]
def workload(state):
    return total(state)
"""
TWICE = """
def total(numbers):
    found = []
    for number in numbers:
        found.append(number * number % 7)
    found = []
    for number in numbers:
        found.append(number * number % 7)
    return found
"""
ONCE = """
def total(numbers):
    found = []
    for number in numbers:
        found.append(number * number % 7)
    return found
"""
LAZY = """
def total(numbers):
    return (number * number % 7 for number in numbers)
"""
EAGER_GENERATOR = """
def total(numbers):
    found = [number * number % 7 for number in numbers]
    return (number for number in found)
"""


@pytest.fixture(autouse=True)
def short_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fifth of the usual time a process pair: these ratios are far from one."""
    monkeypatch.setattr(turns, "PAIR_NS", 2e8)


def test_half_the_work_is_found_faster(sandbox_of: MakeSandbox, workload_of: MakeWorkload) -> None:
    base, candidate = sandbox_of({"pkg/core.py": TWICE}), sandbox_of({"pkg/core.py": ONCE})
    found = compare(base, candidate, workload_of(CALLS), SETTINGS)

    assert found.verdict.outcome is Outcome.FASTER
    assert 1.3 < found.verdict.ratio < 3.0
    assert found.verdict.differs is None
    assert found.verdict.pairs >= MIN_PAIRS
    stored = json.loads(json.dumps(found.samples()))
    assert len(stored["pairs"]) == found.verdict.pairs
    assert len(stored["pairs"][0]["base"]["costs"]) == stored["plan"]["rounds"]


def test_work_put_off_to_a_lazy_result_is_no_gain(sandbox_of: MakeSandbox, workload_of: MakeWorkload) -> None:
    base, candidate = sandbox_of({"pkg/core.py": EAGER_GENERATOR}), sandbox_of({"pkg/core.py": LAZY})
    found = compare(base, candidate, workload_of(CALLS), SETTINGS).verdict

    assert found.differs is None
    assert found.phases["call"].candidate_ns < found.phases["call"].base_ns / 2
    assert found.outcome is not Outcome.FASTER


def test_a_wrong_result_ends_the_measuring_at_once(
    sandbox_of: MakeSandbox, workload_of: MakeWorkload
) -> None:
    base, candidate = sandbox_of({"pkg/core.py": ONCE}), sandbox_of({"pkg/core.py": ONCE.replace("7", "8")})
    found = compare(base, candidate, workload_of(CALLS), SETTINGS).verdict

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.differs is not None
    assert found.pairs == 1


def test_base_against_itself_has_a_floor_around_one(
    sandbox_of: MakeSandbox, workload_of: MakeWorkload
) -> None:
    base, twin = sandbox_of({"pkg/core.py": ONCE}), sandbox_of({"pkg/core.py": ONCE})
    found = noise_floor(base, twin, workload_of(CALLS), SETTINGS)

    assert 0.8 < found.interval.ratio < 1.25
    assert found.interval.low < found.interval.ratio < found.interval.high
    assert found.detectable > SETTINGS.min_speedup
    assert found.call_ns > 0
