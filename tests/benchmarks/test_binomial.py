from __future__ import annotations

import pytest
from binomial import at_most, clopper_pearson


@pytest.mark.parametrize(
    ("found", "trials", "low", "high"),
    [
        # Closed forms at the ends: 1 - (alpha/2)^(1/n) and its mirror image.
        (0, 300, 0.0, 1 - 0.025 ** (1 / 300)),
        (20, 20, 0.025 ** (1 / 20), 1.0),
        # Tabulated (R, binom.test(3, 10) and binom.test(50, 100)).
        (3, 10, 0.06673951, 0.6524529),
        (50, 100, 0.3983211, 0.6016789),
    ],
)
def test_the_interval_is_the_exact_one(found: int, trials: int, low: float, high: float) -> None:
    assert clopper_pearson(found, trials) == pytest.approx((low, high), abs=1e-6)


def test_nothing_tried_says_nothing() -> None:
    assert clopper_pearson(0, 0) == (0.0, 1.0)


def test_more_found_than_tried_is_refused() -> None:
    with pytest.raises(ValueError, match="4 of 3"):
        clopper_pearson(4, 3)


def test_the_distribution_adds_up() -> None:
    assert at_most(1, 3, 0.5) == pytest.approx(0.5)
    assert at_most(3, 3, 0.2) == 1.0
    assert at_most(0, 5, 1.0) == 0.0
