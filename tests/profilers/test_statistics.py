from __future__ import annotations

import math
import random
from statistics import fmean, stdev

import pytest

from hotloop.profilers.statistics import (
    EFFECT,
    MIN_SPREAD,
    confidence_sequence,
    sequence_radius,
    smallest_detectable,
    winsorize,
)


def log_bayes_factor(count: int, t_squared: float, effect: float) -> float:
    """The Bayes factor of the module's docstring, written out a second time."""
    freedom, growth = count - 1, 1.0 + count * effect**2
    kernel = math.log1p(t_squared / freedom) - math.log1p(t_squared / (freedom * growth))
    return -0.5 * math.log(growth) + 0.5 * count * kernel


def inverted_radius(count: int, spread: float, alpha: float, effect: float) -> float:
    """By bisection: the distance from the sample mean at which the factor reaches 1/alpha."""
    low, high = 0.0, 1.0
    while log_bayes_factor(count, count * (high / spread) ** 2, effect) < -math.log(alpha):
        high *= 2.0
    for _ in range(200):
        middle = (low + high) / 2.0
        reached = log_bayes_factor(count, count * (middle / spread) ** 2, effect) >= -math.log(alpha)
        low, high = (low, middle) if reached else (middle, high)
    return high


@pytest.mark.parametrize("count", [5, 8, 30, 400])
@pytest.mark.parametrize("spread", [0.004, 0.3])
@pytest.mark.parametrize(("alpha", "effect"), [(0.02, EFFECT), (0.1, EFFECT), (0.05, 1.0)])
def test_closed_form_is_where_the_bayes_factor_reaches_one_over_alpha(
    count: int, spread: float, alpha: float, effect: float
) -> None:
    expected = inverted_radius(count, spread, alpha, effect)

    assert sequence_radius(count, spread, alpha, effect) == pytest.approx(expected, rel=1e-9)


def test_no_finite_interval_where_the_bayes_factor_never_reaches_one_over_alpha() -> None:
    limit = log_bayes_factor(2, 1e300, EFFECT)

    assert limit < -math.log(0.02)
    assert sequence_radius(2, 0.01, 0.02) == math.inf


SEQUENCES, LOOKS = 300, 40


def runs_that_ever_exclude(truth: float, claimed: float, spread: float, confidence: float) -> int:
    """How many of SEQUENCES runs have an interval without `claimed` at any of their looks."""
    rng = random.Random("coverage")
    excluded = 0
    for _ in range(SEQUENCES):
        samples = [rng.gauss(truth, spread) for _ in range(LOOKS)]
        intervals = (confidence_sequence(samples[:count], confidence) for count in range(1, LOOKS + 1))
        excluded += any(not one.low <= claimed <= one.high for one in intervals)
    return excluded


def most_by_chance(rate: float) -> float:
    """Four standard deviations above the mean of a binomial with SEQUENCES trials."""
    return SEQUENCES * rate + 4.0 * math.sqrt(SEQUENCES * rate * (1.0 - rate))


@pytest.mark.parametrize(("truth", "spread"), [(0.0, 0.01), (0.05, 0.5)])
def test_interval_holds_the_truth_at_all_looks_at_once(truth: float, spread: float) -> None:
    misses = runs_that_ever_exclude(truth, truth, spread, confidence=0.9)

    assert misses <= most_by_chance(0.1)


def test_equal_sides_are_called_faster_no_oftener_than_half_of_alpha() -> None:
    rng = random.Random("false positives")
    faster = 0
    for _ in range(SEQUENCES):
        samples = [rng.gauss(0.0, 0.02) for _ in range(LOOKS)]
        faster += any(confidence_sequence(samples[:count], 0.9).low > 0.0 for count in range(2, LOOKS + 1))

    assert faster <= most_by_chance(0.05)


def test_a_real_effect_is_found_in_nearly_every_run() -> None:
    found = runs_that_ever_exclude(0.05, 0.0, 0.02, confidence=0.98)

    assert found >= 0.95 * SEQUENCES


def test_looking_after_every_sample_makes_the_fixed_interval_fail_where_the_sequence_holds() -> None:
    """Shows that the simulation would notice: the textbook interval misses far oftener than alpha."""
    rng = random.Random("coverage")
    missed = 0
    for _ in range(SEQUENCES):
        samples = [rng.gauss(0.0, 0.01) for _ in range(LOOKS)]
        missed += any(
            abs(fmean(samples[:count])) > 1.645 * stdev(samples[:count]) / math.sqrt(count)
            for count in range(5, LOOKS + 1)
        )

    assert missed > most_by_chance(0.1)


def test_no_samples_are_refused() -> None:
    with pytest.raises(ValueError, match="no samples"):
        confidence_sequence([], 0.98)


def test_one_sample_says_nothing() -> None:
    estimate = confidence_sequence([0.3], 0.98)

    assert (estimate.mean, estimate.low, estimate.high) == (0.3, -math.inf, math.inf)


def test_two_samples_say_nothing_at_the_default_confidence() -> None:
    estimate = confidence_sequence([0.3, 0.3], 0.98)

    assert (estimate.low, estimate.high) == (-math.inf, math.inf)


def test_equal_samples_still_leave_some_doubt() -> None:
    estimate = confidence_sequence([0.1] * 20, 0.98)

    assert estimate.low < estimate.mean < estimate.high
    assert estimate.high - estimate.mean == pytest.approx(sequence_radius(20, MIN_SPREAD, 0.02))


def test_interval_is_around_the_mean_and_narrows_with_samples() -> None:
    radii = [sequence_radius(count, 0.01, 0.02) for count in (5, 10, 40, 160)]

    assert radii == sorted(radii, reverse=True)
    assert len(set(radii)) == len(radii)


def test_more_confidence_gives_a_wider_interval() -> None:
    assert sequence_radius(10, 0.01, 0.01) > sequence_radius(10, 0.01, 0.05) > sequence_radius(10, 0.01, 0.2)


def test_winsorize_pulls_a_stall_back_and_leaves_the_rest() -> None:
    calm = [0.01, 0.02, 0.00, -0.01, 0.015, 0.005, -0.005, 0.012, 0.008]
    pulled = winsorize([*calm, 3.0])

    assert pulled[:-1] == calm
    assert max(calm) < pulled[-1] < 0.2


def test_winsorize_works_on_both_sides() -> None:
    samples = [-5.0, *(number / 10 for number in range(-9, 10)), 5.0]
    pulled = winsorize(samples)

    assert pulled[0] == -pulled[-1]
    assert -5.0 < pulled[0] < -0.9


def test_winsorize_leaves_a_second_mode_alone() -> None:
    """Pulled in, it would make the spread a fraction of what it is."""
    samples = [0.001 * number for number in range(8)] + [0.1, 0.101]

    assert winsorize(samples) == samples


def test_two_modes_of_a_process_do_not_make_the_interval_exclude_the_truth() -> None:
    """Each process runs in one of two modes, 10 % apart; the interval is looked at after each of 40 pairs."""
    rng = random.Random(7)

    def process() -> float:
        return rng.choice((0.0, 0.1)) + rng.gauss(0.0, 0.004)

    def excluded() -> bool:
        samples = [process() - process() for _ in range(5)]
        while len(samples) < 40:
            estimate = confidence_sequence(winsorize(samples), 0.98)
            if not estimate.low <= 0.0 <= estimate.high:
                return True
            samples.append(process() - process())
        return False

    assert sum(excluded() for _ in range(300)) <= 12


def test_winsorize_keeps_small_samples_as_they_are() -> None:
    samples = [0.0, 0.01, 0.02, 0.0, 0.01, 0.02, 0.0, 0.01, 9.0]

    assert winsorize(samples) == samples
    assert winsorize([]) == []


def test_winsorize_keeps_samples_whose_robust_deviation_is_zero() -> None:
    samples = [0.0] * 9 + [4.0]

    assert winsorize(samples) == samples


def test_smallest_detectable_is_a_ratio_that_shrinks_with_samples_and_grows_with_spread() -> None:
    few, many = smallest_detectable(0.02, 8, 0.98), smallest_detectable(0.02, 40, 0.98)

    assert few > many > 1.0
    assert smallest_detectable(0.04, 40, 0.98) > many
    assert many == pytest.approx(math.exp(2.0 * sequence_radius(40, 0.02, 0.02)))


@pytest.mark.parametrize("count", [0, 1, 2])
def test_smallest_detectable_of_too_few_samples_is_huge_but_finite(count: int) -> None:
    assert 1e20 < smallest_detectable(0.02, count, 0.98) < math.inf


def test_smallest_detectable_is_found_nine_times_in_ten() -> None:
    rng = random.Random("power")
    truth = math.log(smallest_detectable(0.02, 12, 0.98))
    found = sum(
        confidence_sequence([rng.gauss(truth, 0.02) for _ in range(12)], 0.98).low > 0.0 for _ in range(200)
    )

    assert found >= 180
