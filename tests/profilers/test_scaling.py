from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from hotloop.errors import UsageError
from hotloop.profilers.compare import MeasureSettings, compare
from hotloop.profilers.engines import turns
from hotloop.profilers.engines.base import SideFailure
from hotloop.profilers.scaling import Scaling, ScalingPoint, growth, measure_scaling, scaling_of
from hotloop.profilers.verdict import Outcome
from hotloop.profilers.workload import Workload, WorkloadProcess
from hotloop.sandboxes.base import Sandbox

MakeSandbox = Callable[[dict[str, str]], Sandbox]
MakeWorkload = Callable[..., Workload]

SETTINGS = MeasureSettings(
    min_speedup=1.02, confidence=0.98, max_seconds=16.0, max_regression=1.5, varies=True, seed=1
)
SIZED = """
from pkg.core import pairs
def setup(seed, size=20):
    return [(seed + number) % 97 for number in range(size)]
def workload(state):
    return pairs(state)
"""
QUADRATIC = """
def pairs(numbers):
    return sum(1 for one in numbers for other in numbers if one == other)
"""
LINEAR_WITH_START = """
def pairs(numbers):
    counts = {}
    for _ in range(40000):
        pass
    for one in numbers:
        counts[one] = counts.get(one, 0) + 1
    return sum(count * count for count in counts.values())
"""


def point(
    size: int, base: float, candidate: float, width: float = 1.01, differs: str | None = None
) -> ScalingPoint:
    ratio = base / candidate
    low, high = ratio / width, ratio * width
    outcome = Outcome.FASTER if low > 1 else Outcome.NOT_FASTER if high < 1 else Outcome.INCONCLUSIVE
    return ScalingPoint(
        size=size,
        base_ns=base * 1e6,
        candidate_ns=candidate * 1e6,
        outcome=outcome if differs is None else Outcome.INCONCLUSIVE,
        ratio=ratio,
        low=low,
        high=high,
        differs=differs,
    )


def test_the_exponent_of_a_power_law_is_found_exactly() -> None:
    sizes = [10.0, 100.0, 1000.0, 10000.0]
    found = growth(sizes, [3.0 * size**1.5 for size in sizes])

    assert found is not None and found.error is not None
    assert found.exponent == pytest.approx(1.5)
    assert found.error == pytest.approx(0.0, abs=1e-9)


def test_the_error_of_the_exponent_is_that_of_least_squares() -> None:
    # By hand: x = -1, 0, 1 and y = 0, 0.3, 0 leave residuals -0.1, 0.2, -0.1 around a slope of 0.
    found = growth([math.exp(-1), 1.0, math.e], [1.0, math.exp(0.3), 1.0])

    assert found is not None
    assert found.exponent == pytest.approx(0.0)
    assert found.error == pytest.approx(math.sqrt(0.06 / 2))


def test_two_sizes_have_an_exponent_without_an_error() -> None:
    found = growth([10.0, 20.0], [1.0, 4.0])

    assert found is not None
    assert (found.exponent, found.error) == (pytest.approx(2.0), None)


def test_one_size_has_no_exponent() -> None:
    assert growth([10.0, 10.0], [1.0, 1.1]) is None


def test_a_crossover_lies_where_the_ratio_passes_one() -> None:
    # Base n^2, candidate 100 n: equal at 100.
    found = scaling_of([point(n, n * n, 100 * n) for n in (1000, 10)], 0.98)

    assert len(found.crossovers) == 1
    assert found.crossovers[0].size == pytest.approx(100.0)
    assert (found.crossovers[0].below, found.crossovers[0].above) == (10, 1000)
    assert found.crossovers[0].faster_above
    assert found.slower_at == found.small_input_regressions == (10,)
    assert found.base is not None and found.base.exponent == pytest.approx(2.0)
    assert found.candidate is not None and found.candidate.exponent == pytest.approx(1.0)


def test_no_crossover_is_claimed_where_one_side_of_it_is_undecided() -> None:
    unsure = point(10, 1.0, 1.05, width=1.2)
    found = scaling_of([unsure, point(100, 2.0, 1.0)], 0.98)

    assert found.crossovers == ()
    assert found.slower_at == ()


def test_an_undecided_size_between_two_decided_ones_is_passed_over() -> None:
    found = scaling_of([point(10, 1.0, 2.0), point(100, 1.0, 1.0), point(1000, 2.0, 1.0)], 0.98)

    assert [(cross.below, cross.above) for cross in found.crossovers] == [(10, 1000)]
    assert found.crossovers[0].size == pytest.approx(100.0)


def test_slower_at_the_largest_size_is_no_regression_of_small_inputs_alone() -> None:
    found = scaling_of([point(10, 1.0, 2.0), point(100, 1.0, 2.0)], 0.98)

    assert found.slower_at == (10, 100)
    assert found.small_input_regressions == ()


def test_where_outputs_differ_no_growth_is_given() -> None:
    found = scaling_of([point(10, 1.0, 1.0), point(100, 9.0, 1.0, differs="seed 1: other")], 0.98)

    assert found.base is None and found.candidate is None
    assert found.slower_at == ()
    assert any("size 100" in note for note in found.notes)


def test_calls_too_short_for_their_request_are_noted() -> None:
    found = scaling_of([point(1, 0.004, 0.002), point(100, 1.0, 0.5)], 0.98)

    assert any("at size 1 " in note for note in found.notes)


def test_a_result_survives_json() -> None:
    found = scaling_of([point(10, 1.0, 2.0), point(100, 4.0, 2.0)], 0.98)

    assert Scaling.model_validate_json(found.model_dump_json()) == found


def test_two_trees_are_measured_at_each_size(
    sandbox_of: MakeSandbox, workload_of: MakeWorkload, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "PAIR_NS", 1e8)
    base, candidate = sandbox_of({"pkg/core.py": QUADRATIC}), sandbox_of({"pkg/core.py": LINEAR_WITH_START})
    found = measure_scaling(base, candidate, workload_of(SIZED), [20, 1500], SETTINGS)

    assert [entry.size for entry in found.points] == [20, 1500]
    assert found.small_input_regressions == (20,)
    assert found.points[1].outcome is Outcome.FASTER
    assert len(found.crossovers) == 1
    assert found.base is not None and found.candidate is not None
    assert found.base.exponent > 1.2 > found.candidate.exponent


@pytest.mark.parametrize("sizes", [[], [10], [10, 10], [0, 10], [-5, 10]])
def test_sizes_that_cannot_be_compared_are_refused(
    sizes: list[int], sandbox_of: MakeSandbox, workload_of: MakeWorkload
) -> None:
    sandbox = sandbox_of({})
    with pytest.raises(UsageError, match="cannot be compared"):
        measure_scaling(sandbox, sandbox, workload_of(SIZED), sizes, SETTINGS)


@pytest.mark.parametrize(
    ("signature", "size", "given"),
    [
        ("seed, size=20", None, 20),
        ("seed, size=20", 7, 7),
        ("seed, size", 7, 7),
        ("seed, *, size=20", 7, 7),
        ("seed, extra=1, size=20", 7, 7),
    ],
)
def test_set_up_is_given_the_size_that_was_asked_for(
    signature: str, size: int | None, given: int, sandbox_of: MakeSandbox, workload_of: MakeWorkload
) -> None:
    source = f"def setup({signature}):\n    return [0] * size\ndef workload(state):\n    return len(state)\n"
    workload = replace(workload_of(source), size=size)
    worker = WorkloadProcess(sandbox_of({}), workload, hash_seed=1, cpu=None)
    try:
        worker.load()
        worker.setup([1])
        worker.call()
        leaves = worker.digest(thorough=True)[0].leaves
    finally:
        worker.close()

    assert str(given) in leaves[0][1]


@pytest.mark.parametrize(
    ("source", "size", "told"),
    [
        (
            "def setup(seed, size):\n    return size\ndef workload(state):\n    return state\n",
            None,
            "default",
        ),
        ("def setup(seed):\n    return seed\ndef workload(state):\n    return state\n", 10, "no setup"),
        ("def workload():\n    return 1\n", 10, "no setup"),
    ],
)
def test_a_size_that_set_up_cannot_take_or_lacks_is_said(
    source: str, size: int | None, told: str, sandbox_of: MakeSandbox, workload_of: MakeWorkload
) -> None:
    sandbox, workload = sandbox_of({}), replace(workload_of(source), size=size)
    with pytest.raises(SideFailure, match=told):
        compare(sandbox, sandbox, workload, SETTINGS)
