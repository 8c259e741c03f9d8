"""Exact intervals for a share, for tables of counts."""

from __future__ import annotations

import math
from collections.abc import Callable

STEPS = 60


def clopper_pearson(found: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """The exact binomial interval for a share, both sides together at `confidence`.

    Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case of
    the binomial", Biometrika 26, 1934. (0, 1) without trials.
    """
    if not 0 <= found <= trials:
        raise ValueError(f"{found} of {trials}")
    tail = (1.0 - confidence) / 2.0
    low = 0.0 if found == 0 else _solve(lambda share: 1.0 - at_most(found - 1, trials, share), tail)
    high = 1.0 if found == trials else 1.0 - _solve(lambda rest: at_most(found, trials, 1.0 - rest), tail)
    return low, high


def at_most(found: int, trials: int, share: float) -> float:
    """P(X <= found) for X binomial."""
    if share <= 0.0 or found >= trials:
        return 1.0
    if share >= 1.0:
        return 0.0
    logs = (
        math.lgamma(trials + 1) - math.lgamma(k + 1) - math.lgamma(trials - k + 1)
        + k * math.log(share) + (trials - k) * math.log1p(-share)
        for k in range(found + 1)
    )  # fmt: skip
    return min(1.0, math.fsum(math.exp(value) for value in logs))


def _solve(rising: Callable[[float], float], wanted: float) -> float:
    """Where a function that rises on [0, 1] reaches `wanted`."""
    low, high = 0.0, 1.0
    for _ in range(STEPS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if rising(middle) < wanted else (low, middle)
    return (low + high) / 2.0
