"""Intervals from resampling tasks: how far a figure depends on which tasks there happen to be.

Tasks are drawn with replacement, whole, with all their attempts (Efron and Tibshirani, "An
Introduction to the Bootstrap", 1993, chapter 13). Plain percentile intervals are too narrow
by about sqrt((n-1)/n) and by the normal in place of Student's t, so the percentiles are moved
outwards to make up for both (Hesterberg, "What Teachers Should Know About the Bootstrap",
The American Statistician 69, 2015, the expanded percentile interval). They say
nothing of the noise within a task; the intervals of its comparisons do. Where all tasks gave
the same, resampling shows nothing and there is no interval; shares of tasks have Wilson's.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from functools import lru_cache
from statistics import NormalDist

from hotloop.agent.evaluation.metrics.base import Metric, Numbers, means

RESAMPLES = 2000
CONFIDENCE = 0.95
LEAST = 5
"""Tasks below which there is no interval: resampling fewer shows little but their number."""


def interval(metric: Metric) -> tuple[float, float] | None:
    """The figure's interval over tasks; None where there is none to give."""
    if metric.value is None:
        return None
    if metric.unit == "share" and all(row in ((0.0,), (1.0,)) for row in metric.terms.values()):
        return wilson(sum(row[0] for row in metric.terms.values()), len(metric.terms))
    return _spread(list(metric.terms.values()), metric.combine)


def paired_interval(
    first: Metric, second: Metric, relate: Callable[[float, float], float | None]
) -> tuple[float, float] | None:
    """Of `relate` of two models' figures, on tasks that both have; the same tasks are drawn for both."""
    shared = [task for task in first.terms if task in second.terms]
    width = len(next(iter(first.terms.values()), ()))
    rows = [(*first.terms[task], *second.terms[task]) for task in shared]

    def both(found: Sequence[float]) -> float | None:
        one, other = first.combine(found[:width]), second.combine(found[width:])
        return None if one is None or other is None else relate(one, other)

    return _spread(rows, both)


def wilson(successes: float, count: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Of a share, also where all or none succeeded (Wilson, JASA 22, 1927)."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, weight = successes / count, z * z / count
    middle = share + weight / 2
    reach = z * math.sqrt(share * (1 - share) / count + weight / (4 * count))
    return max(0.0, (middle - reach) / (1 + weight)), min(1.0, (middle + reach) / (1 + weight))


def _spread(
    rows: Sequence[Numbers], combine: Callable[[Sequence[float]], float | None]
) -> tuple[float, float] | None:
    if len(rows) < LEAST or all(row == rows[0] for row in rows):
        return None
    drawn = (combine(means([rows[index] for index in draw])) for draw in _draws(len(rows)))
    # Without a figure (no verified speedup among the drawn tasks) the cost of one has no bound.
    found = sorted(math.inf if one is None else one for one in drawn)
    tail = expanded_tail(len(rows))
    low, high = _quantile(found, tail), _quantile(found, 1 - tail)
    return None if math.isinf(low) else (low, high)


@lru_cache(maxsize=4)
def _draws(count: int) -> tuple[tuple[int, ...], ...]:
    """The same for every metric and model, so that reports repeat and differences are paired."""
    rng = random.Random(count)
    return tuple(tuple(rng.choices(range(count), k=count)) for _ in range(RESAMPLES))


def expanded_tail(count: int, confidence: float = CONFIDENCE) -> float:
    """The percentile to read off in place of (1 - confidence) / 2, for `count` tasks."""
    quantile = student_quantile((1 - confidence) / 2, count - 1)
    return NormalDist().cdf(math.sqrt(count / (count - 1)) * quantile)


def student_quantile(share: float, freedom: int) -> float:
    """Of Student's t; within 1 % for 4 degrees of freedom and up, in the usual tails.

    Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.7.5.
    """
    z = NormalDist().inv_cdf(share)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + math.fsum(term / freedom**power for power, term in enumerate(terms, 1))


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Linear between neighbours; an infinite neighbour that has weight makes it infinite."""
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    part = place - below
    if part == 0:
        return ordered[below]
    return ordered[below] * (1 - part) + ordered[below + 1] * part
