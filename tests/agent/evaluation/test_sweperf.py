"""SWE-Perf's figures, and the test they rest on."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence

import pytest
from evaluation_results import close, rejected, scored, tasks

from hotloop.agent.evaluation.metrics.mann_whitney import chance_greater
from hotloop.agent.evaluation.metrics.sweperf import (
    apply_rate,
    correctness_rate,
    performance,
    significant_saving,
    without_outliers,
)
from hotloop.agent.evaluation.result import Timing


def by_all_orders(first: Sequence[float], second: Sequence[float]) -> float:
    """The p value from its definition: every way to deal all values to the two samples."""
    pooled = [*first, *second]

    def wins(chosen: Sequence[int]) -> int:
        rest = [pooled[index] for index in range(len(pooled)) if index not in chosen]
        return sum(pooled[index] > other for index in chosen for other in rest)

    seen = wins(range(len(first)))
    every = [wins(chosen) for chosen in itertools.combinations(range(len(pooled)), len(first))]
    return sum(found >= seen for found in every) / len(every)


@pytest.mark.parametrize("seed", range(8))
def test_small_samples_are_tested_exactly(seed: int) -> None:
    rng = random.Random(seed)
    first = [rng.random() + 0.3 for _ in range(rng.randint(1, 5))]
    second = [rng.random() for _ in range(rng.randint(1, 5))]
    assert close(chance_greater(first, second), by_all_orders(first, second))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    # scipy.stats.mannwhitneyu(first, second, alternative="greater"), SciPy 1.17.1
    [
        ((1.0, 2.0, 3.0, 3.0), (1.0, 1.0, 2.0), 0.13082554529411833),
        (tuple(range(2, 22, 2)), tuple(range(1, 20, 2)), 0.3668649978481236),
        ((5.0,) * 9, (5.0,) * 9, 1.0),
        ((4.0, 5.0, 6.0), (1.0, 2.0, 3.0), 0.05),
    ],
)
def test_p_values_are_those_of_scipy(
    first: tuple[float, ...], second: tuple[float, ...], expected: float
) -> None:
    assert chance_greater(first, second) == pytest.approx(expected, rel=1e-9)


def test_what_lies_an_interquartile_range_outside_of_the_quartiles_is_dropped() -> None:
    # Quartiles 2 and 4: from 0 to 6 is kept
    assert without_outliers([1.0, 2.0, 3.0, 4.0, 100.0]) == [1.0, 2.0, 3.0, 4.0]
    assert without_outliers([7.0]) == [7.0]


def test_the_saving_is_the_greatest_that_is_still_significant() -> None:
    base = [10.0 + 0.01 * number for number in range(10)]
    patched = [8.0 + 0.01 * number for number in range(10)]
    found = significant_saving(base, patched)
    assert chance_greater([time * (1 - found) for time in base], patched) < 0.1
    assert chance_greater([time * (1 - found - 0.001) for time in base], patched) >= 0.1
    assert 0.19 < found < 0.21


def test_no_significant_gain_is_no_saving() -> None:
    assert significant_saving([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]) == 0.0
    assert significant_saving([1.0, 2.0, 3.0], [4.0, 5.0, 6.0]) == 0.0


def test_performance_is_a_mean_over_tests_then_tasks_where_rejected_ones_save_nothing() -> None:
    base = tuple(10.0 + 0.01 * number for number in range(10))
    half = tuple(time / 2 for time in base)
    fast = Timing(name="a", base=base, candidate=half, expert=half)
    same = Timing(name="b", base=base, candidate=base, expert=half)
    saved = significant_saving(base, half)
    given = tasks(scored(timings=[fast, same]), rejected())
    assert 0.49 < saved < 0.51
    assert close(performance(given).value, saved / 4)


def test_apply_and_correctness_count_what_fitted_and_what_held() -> None:
    given = tasks(scored(), rejected(applied=True), rejected(applied=False), scored(speedup=0.5))
    assert apply_rate(given).value == 0.75
    assert correctness_rate(given).value == 0.5


def test_performance_has_no_figure_where_times_were_not_kept() -> None:
    assert performance(tasks(scored(timings=()))).lacks == ("0",)


def step_by_step(base: Sequence[float], patched: Sequence[float]) -> float:
    """The greatest significant share as it is published: every step is tested."""
    share, found = 0.0, 0.0
    while share <= 1:
        if chance_greater([time * (1 - share) for time in base], patched) >= 0.1:
            break
        found = share
        share += 0.001
    return found


@pytest.mark.parametrize("seed", range(12))
def test_steps_that_are_passed_over_change_nothing(seed: int) -> None:
    rng = random.Random(seed)
    # Rounded times are tied; short samples are tested exactly.
    digits, count = rng.choice([1, 2, 9]), rng.randint(1, 14)
    base = [round(rng.uniform(1.5, 2.5), digits) for _ in range(count)]
    patched = [round(rng.uniform(0.5, 2.0), digits) for _ in range(rng.randint(1, 14))]
    assert significant_saving(base, patched) == step_by_step(base, patched)
