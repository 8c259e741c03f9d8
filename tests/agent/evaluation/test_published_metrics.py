"""Each published metric against cases computed by hand, and against its formula written the long way."""

from __future__ import annotations

import itertools
import math
import random
from statistics import fmean

import pytest
from evaluation_results import close, comparison, rejected, scored, task, tasks, timing

from hotloop.agent.evaluation.metrics.cost import cost_per_speedup
from hotloop.agent.evaluation.metrics.effk import best_of, eff_at_k, efficiency, hodges_lehmann
from hotloop.agent.evaluation.metrics.fastp import fast_p
from hotloop.agent.evaluation.metrics.gso import matches_expert, opt_at_k
from hotloop.agent.evaluation.metrics.passk import any_of, most_attempts, pass_at_k
from hotloop.agent.evaluation.metrics.percent_opt import percent_opt
from hotloop.agent.evaluation.metrics.swefficiency import swefficiency_score
from hotloop.agent.evaluation.result import Result, Timing


def test_swefficiency_is_the_harmonic_mean_of_ratios_of_two_speedups() -> None:
    # SR 1/2 and 2: 2 / (2 + 1/2) = 0.8
    found = swefficiency_score(tasks(scored(speedup=2.0, expert=4.0), scored(speedup=4.0, expert=2.0)))
    assert close(found.value, 0.8)


def test_swefficiency_takes_speedups_against_base_not_the_direct_comparison() -> None:
    found = swefficiency_score(tasks(scored(speedup=2.0, expert=4.0, against=comparison(3.0))))
    assert close(found.value, 0.5)


def test_swefficiency_scores_a_rejected_patch_as_no_edit() -> None:
    # SR 1 and 1/4: 2 / (1 + 4) = 0.4, whether it applied or not
    for applied in (True, False):
        found = swefficiency_score(tasks(scored(), rejected(expert=4.0, applied=applied)))
        assert close(found.value, 0.4)


def test_swefficiency_counts_a_slower_patch_below_no_edit() -> None:
    assert close(swefficiency_score(tasks(scored(speedup=0.5, expert=2.0))).value, 0.25)


def test_the_floor_of_a_thousandth_caps_what_one_task_can_cost() -> None:
    given = tasks(scored(), rejected(expert=4000.0))
    assert close(swefficiency_score(given).value, 2 / (1 + 1000))
    assert close(swefficiency_score(given, floor=0.0).value, 2 / (1 + 4000))


def test_swefficiency_repeats_published_rows() -> None:
    # Tasks 2 to 4 of their report of GPT-5 mini: the last two failed tests.
    given = [scored(speedup=1.0442774480288826, expert=16.393501030719314)]
    given += [rejected(expert=18.575330961086618), rejected(expert=1.6568728160962238)]
    ratios = (0.06370069737221115, 0.053834841602278624, 0.6035466272879719)
    assert close(swefficiency_score(tasks(*given)).value, 3 / sum(1 / ratio for ratio in ratios))


@pytest.mark.parametrize(
    ("attempts", "successes", "k"), [(5, 2, 1), (5, 2, 3), (6, 1, 4), (4, 4, 2), (4, 0, 4)]
)
def test_the_chance_of_any_success_is_its_share_of_all_subsets(attempts: int, successes: int, k: int) -> None:
    outcomes = [number < successes for number in range(attempts)]
    subsets = list(itertools.combinations(outcomes, k))
    assert close(any_of(attempts, successes, k), sum(map(any, subsets)) / len(subsets))


def test_more_than_all_attempts_cannot_be_asked_for() -> None:
    with pytest.raises(ValueError, match="3 attempts say nothing of 4"):
        any_of(3, 1, 4)


def test_pass_at_k_counts_attempts_that_no_gate_rejected() -> None:
    given = task(scored(), rejected(attempt=1), rejected(attempt=2), scored(attempt=3))
    assert close(pass_at_k(given, 1).value, 0.5)
    assert close(pass_at_k(given, 2).value, 5 / 6)


def test_the_largest_k_is_what_every_task_has() -> None:
    assert most_attempts((*task(scored(), scored(attempt=1)), *task(scored()))) == 1
    assert most_attempts(()) == 0


@pytest.mark.parametrize(
    ("candidate", "expert", "matches"),
    [
        ((0.5, 0.5), (0.5, 0.5), True),
        # 0.5 / 0.52 = 0.96 and 0.5 / 0.53 = 0.943
        ((0.52, 0.52), (0.5, 0.5), True),
        ((0.53, 0.53), (0.5, 0.5), False),
        # Harmonic mean of 2 and 0.6 is 0.92, though the arithmetic one is 1.3
        ((0.25, 0.8333), (0.5, 0.5), False),
        # As fast as an expert who gains 1.1: round(1.1, 1) < 1.2
        ((0.91, 0.91), (0.91, 0.91), False),
        # A geometric mean of 1.16 rounds to 1.2
        ((0.862, 0.862), (0.862, 0.862), True),
    ],
)
def test_gso_matches_by_95_percent_of_the_expert_and_a_gain_over_base(
    candidate: tuple[float, ...], expert: tuple[float, ...], matches: bool
) -> None:
    times = [timing(1.0, mine, theirs) for mine, theirs in zip(candidate, expert, strict=True)]
    assert matches_expert(times) is matches


def test_gso_wants_less_time_in_all_even_if_the_mean_ratio_gains() -> None:
    # 10 -> 10.5 s and 0.1 -> 0.05 s: the geometric mean gains 1.38, the sum loses
    times = [timing(10.0, 10.5, 10.5), timing(0.1, 0.05, 0.05)]
    assert not matches_expert(times)


def test_opt_at_k_is_the_share_of_tasks_that_any_of_k_attempts_matches() -> None:
    hit, miss = [timing(1.0, 0.5, 0.5)], [timing(1.0, 0.8, 0.5)]
    given = (
        *task(scored(timings=miss), scored(attempt=1, timings=hit)),
        *task(rejected(), rejected(attempt=1)),
    )
    given = (given[0], type(given[1])("other", given[1].attempts))
    assert close(opt_at_k(given, 1).value, 0.25)
    assert close(opt_at_k(given, 2).value, 0.5)


def test_fast_p_wants_correct_and_strictly_faster_than_p() -> None:
    given = tasks(scored(speedup=2.0), scored(speedup=1.6), scored(speedup=0.9), rejected())
    assert [fast_p(given, p).value for p in (0.0, 1.0, 1.5, 2.0)] == [0.75, 0.5, 0.5, 0.0]


def test_percent_opt_wants_more_than_ten_percent() -> None:
    given = tasks(scored(speedup=1.11), scored(speedup=1.09), rejected(), scored(speedup=3.0))
    assert percent_opt(given).value == 0.5


def test_the_hodges_lehmann_estimate_is_the_median_of_pairwise_means() -> None:
    # Of 1, 2, 9: 1, 1.5, 5, 2, 5.5, 9
    assert hodges_lehmann((1.0, 2.0, 9.0)) == 3.5


@pytest.mark.parametrize(
    ("candidate", "expected"), [(1.0, 1.0), (1.5, 0.5), (2.0, 0.0), (50.0, 0.0), (0.5, 1.5)]
)
def test_efficiency_falls_from_the_expert_to_twice_its_time_and_is_censored_there(
    candidate: float, expected: float
) -> None:
    assert close(efficiency([timing(9.0, candidate, 1.0)]), expected)


def test_efficiency_takes_one_limit_from_the_longest_workload() -> None:
    # T = 4: (4 - 2) / (4 - 2) and (4 - 2.5) / (4 - 1)
    assert close(efficiency([timing(9.0, 2.0, 2.0), timing(9.0, 2.5, 1.0)]), (1 + 0.5) / 2)


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_eff_at_k_is_the_mean_of_the_best_over_all_subsets(k: int) -> None:
    rng = random.Random(k)
    found = [rng.random() for _ in range(5)]
    expected = fmean(max(subset) for subset in itertools.combinations(found, k))
    assert close(best_of(found, k), expected)


def test_eff_at_k_gives_rejected_attempts_nothing() -> None:
    given = task(scored(timings=[timing(2.0, 1.5, 1.0)]), rejected(attempt=1))
    assert close(eff_at_k(given, 1).value, 0.25)
    assert close(eff_at_k(given, 2).value, 0.5)


def test_cost_per_speedup_is_all_that_was_spent_over_what_was_verified() -> None:
    tie = scored(speedup=1.0, usd=0.4)
    assert close(cost_per_speedup(tasks(scored(usd=0.5), rejected(usd=0.1), tie)).value, 1.0)


def test_a_gain_that_made_something_else_worse_is_not_verified() -> None:
    worse = scored(usd=0.5, regressions=("peak memory 3.000×",))
    assert cost_per_speedup(tasks(worse)).value is None
    assert close(cost_per_speedup(tasks(worse, scored(usd=0.5))).value, 1.0)


@pytest.mark.parametrize("metric", [lambda given: opt_at_k(given, 1), lambda given: eff_at_k(given, 1)])
def test_what_needs_single_times_has_no_figure_without_them(metric: object) -> None:
    assert callable(metric)
    found = metric(tasks(scored(), scored(timings=())))
    assert found.value is None
    assert found.lacks == ("1",)


def test_unknown_costs_are_not_taken_for_nothing() -> None:
    found = cost_per_speedup(tasks(scored(usd=1.0), rejected(usd=None)))
    assert found.value is None
    assert found.lacks == ("1",)


def test_repeats_are_averaged_before_gso_compares_them() -> None:
    times = Timing(name="t", base=(1.0, 3.0), candidate=(0.1, 1.9), expert=(1.0, 1.0))
    assert matches_expert([times])


@pytest.mark.parametrize("metric", [swefficiency_score, percent_opt, cost_per_speedup])
def test_no_tasks_are_no_figure(metric: object) -> None:
    assert callable(metric)
    assert metric(()).value is None


def test_a_first_attempt_stands_for_a_task_even_if_a_later_one_is_better() -> None:
    attempts: list[Result] = [rejected(expert=4.0), scored(attempt=1, speedup=4.0, expert=4.0)]
    assert close(swefficiency_score(task(*attempts)).value, 0.25)
    assert math.isfinite(swefficiency_score(task(*attempts)).value or math.nan)
