"""Intervals over tasks: how often they hold the truth, and what they do at the edges."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import pytest
from evaluation_results import rejected, scored, tasks

from hotloop.agent.evaluation.metrics.against_expert import against_expert
from hotloop.agent.evaluation.metrics.base import Metric, itself, rate
from hotloop.agent.evaluation.metrics.bootstrap import (
    expanded_tail,
    interval,
    paired_interval,
    student_quantile,
)
from hotloop.agent.evaluation.metrics.cost import cost_per_speedup


def metric_of(values: Sequence[float]) -> Metric:
    return Metric("m", "m", "score", {f"{index}": (value,) for index, value in enumerate(values)}, itself)


def difference(first: float, second: float) -> float:
    return first - second


def test_an_interval_of_95_percent_holds_the_truth_about_that_often() -> None:
    rng = random.Random(7)
    held = 0
    for _ in range(120):
        found = interval(metric_of([rng.gauss(3.0, 1.0) for _ in range(12)]))
        assert found is not None
        held += found[0] <= 3.0 <= found[1]
    # 120 draws of a chance of 0.95: outside of 104 to 120 once in 4,000.
    assert held >= 104


def test_an_interval_repeats() -> None:
    given = metric_of([0.1, 0.5, 0.2, 0.9, 0.4, 0.6])
    assert interval(given) == interval(given)


def test_fewer_than_five_tasks_have_no_interval() -> None:
    assert interval(metric_of([1.0, 2.0, 3.0, 4.0])) is None
    assert interval(metric_of([1.0, 2.0, 3.0, 4.0, 5.0])) is not None


def test_resampling_equal_tasks_shows_nothing() -> None:
    assert interval(metric_of([2.0] * 6)) is None


@pytest.mark.parametrize(
    ("successes", "count", "expected"),
    # Newcombe, Statistics in Medicine 17, 1998, table I, method 3
    [
        (81, 263, (0.2553, 0.3662)),
        (15, 148, (0.0624, 0.1605)),
        (0, 20, (0.0, 0.1611)),
        (1, 29, (0.0061, 0.1718)),
    ],
)
def test_shares_have_intervals_as_published(
    successes: int, count: int, expected: tuple[float, float]
) -> None:
    holds = {f"{number}": number < successes for number in range(count)}
    assert interval(rate("r", "r", holds)) == pytest.approx(expected, abs=5e-5)


def test_a_share_of_all_tasks_is_not_sure() -> None:
    assert interval(rate("r", "r", dict.fromkeys("abcdef", True))) == pytest.approx((0.6097, 1.0), abs=5e-5)


def test_a_paired_difference_is_sharper_than_two_intervals() -> None:
    rng = random.Random(3)
    hard = [rng.gauss(0.0, 5.0) for _ in range(20)]
    first, second = metric_of([one + rng.gauss(0.5, 0.1) for one in hard]), metric_of(hard)
    found = paired_interval(first, second, difference)
    assert found is not None
    assert 0.4 < found[0] < 0.5 < found[1] < 0.6


def test_a_paired_difference_is_of_tasks_that_both_have() -> None:
    first = metric_of([1.0] * 6)
    fewer = Metric("m", "m", "score", {f"{index}": (0.0,) for index in range(4)}, itself)
    assert paired_interval(first, fewer, difference) is None


def test_where_speedups_may_be_none_the_cost_of_one_has_no_bound() -> None:
    found = interval(cost_per_speedup(tasks(scored(usd=1.0), *[rejected(usd=1.0)] * 5)))
    assert found is not None
    assert math.isinf(found[1])
    assert found[0] > 0


def test_the_interval_of_a_ratio_holds_it() -> None:
    metric = against_expert(tasks(*[scored(speedup=1.0 + 0.2 * index) for index in range(8)]))
    found = interval(metric)
    assert found is not None
    assert metric.value is not None
    assert found[0] < metric.value < found[1]


@pytest.mark.parametrize(("freedom", "quantile"), [(4, 2.77645), (9, 2.26216), (19, 2.09302), (99, 1.98422)])
def test_quantiles_of_student_are_those_of_the_tables(freedom: int, quantile: float) -> None:
    assert student_quantile(0.975, freedom) == pytest.approx(quantile, rel=0.01)


def test_percentiles_move_outwards_for_few_tasks_and_hardly_for_many() -> None:
    assert expanded_tail(6) < 0.004
    assert 0.024 < expanded_tail(500) < 0.025
