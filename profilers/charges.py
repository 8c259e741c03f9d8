"""Work that a candidate moved out of its calls, and what is left of the gain when that is charged.

Pure functions of the samples.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean, median
from typing import TYPE_CHECKING

from hotloop.profilers.engines.base import BASE, CANDIDATE, Plan, ProcessPair
from hotloop.profilers.ratios import counted, interval_of, pair_ratio, whole_ratio
from hotloop.profilers.statistics import confidence_sequence

if TYPE_CHECKING:
    from hotloop.profilers.compare import MeasureSettings

SHIFT_SHARE = 0.01
"""A shift of cost between phases below this share of a call is not charged."""

Average = Callable[[Sequence[float]], float]


def shifts(
    pairs: Sequence[ProcessPair], plan: Plan, value: str = "around", average: Average = median
) -> list[float]:
    """By process pair: nanoseconds a request that the candidate spends more outside its call.

    value: "around" for CPU time, or a part of it; "wall_around" for wall time.
    """
    sides = (
        [average([getattr(cost, value) for cost in counted(pair.tracks[side].costs, plan)]) for pair in pairs]
        for side in (CANDIDATE, BASE)
    )
    return [float(after - before) for after, before in zip(*sides, strict=True)]


def charged_shifts(
    pairs: Sequence[ProcessPair], plan: Plan, confidence: float, *, wall: bool = False
) -> list[float]:
    """Shifts that must be charged to the candidate's calls: all of them, once they are shown to be real.

    Wall time is charged for wall time, since a neighbour stretches what was moved as it
    stretches a call; and for CPU time at least.
    """
    moved = shifts(pairs, plan, "wall_around" if wall else "around")
    of_call = "wall" if wall else "call"
    calls = [
        median(getattr(cost, of_call) for cost in counted(pair.tracks[BASE].costs, plan)) for pair in pairs
    ]
    shares = [shift / max(1.0, call) for shift, call in zip(moved, calls, strict=True)]
    estimate = confidence_sequence(shares, confidence)
    real = estimate.low > 0.0 and estimate.mean > SHIFT_SHARE
    charges = [max(0.0, shift) for shift in moved] if real else [0.0] * len(moved)
    if not wall:
        return charges
    return [max(pair) for pair in zip(charges, charged_shifts(pairs, plan, confidence), strict=True)]


def gain_survives(pairs: Sequence[ProcessPair], plan: Plan, metric: str, settings: MeasureSettings) -> bool:
    """Whether the gain still shows when all that each candidate spent more outside its calls is charged.

    What comes after a call is charged pair by pair, so that its noise widens the interval: a
    lazy result is cheap to write. By means, since a median would not see work that is put off
    to every third result. What comes before is charged at its mean over all pairs. Nor does a
    median see work that every third call does for the others, so all calls but the first, which
    `slower_first_call` looks at, are also taken together.
    """
    before = max(0.0, fmean(shifts(pairs, plan, "wall_around" if metric == "wall" else "setup")))
    value = "wall" if metric == "wall" else "call"
    charges = [before + after for after in shifts(pairs, plan, "late", fmean)]
    return all(
        interval_of(
            [ratio(pair, plan, value, charge) for pair, charge in zip(pairs, charges, strict=True)],
            settings.confidence,
        ).low
        > settings.min_speedup
        for ratio in (pair_ratio, whole_ratio)
    )


def moved_share(pairs: Sequence[ProcessPair], plan: Plan, charges: Sequence[float]) -> float:
    """What part of the call's gain came back outside the call; 0 without a charge."""
    gains = [
        median(cost.call for cost in counted(pair.tracks[BASE].costs, plan))
        - median(cost.call for cost in counted(pair.tracks[CANDIDATE].costs, plan))
        for pair in pairs
    ]
    return fmean(charges) / fmean(gains) if any(charges) and fmean(gains) > 0 else 0.0
