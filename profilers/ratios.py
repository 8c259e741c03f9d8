"""From process pairs to ratios and their intervals. Pure functions of the samples."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, median

from hotloop.profilers.engines.base import ABBA, SIDES, Cost, Plan, ProcessPair, log_ratios
from hotloop.profilers.statistics import confidence_sequence, winsorize
from hotloop.profilers.verdict import Interval


def interval_of(log_values: Sequence[float], confidence: float) -> Interval:
    """Ratio and interval from log ratios of process pairs."""
    estimate = confidence_sequence(winsorize(log_values), confidence)
    return Interval(ratio=_exp(estimate.mean), low=_exp(estimate.low), high=_exp(estimate.high))


def _exp(value: float) -> float:
    """Bounded, so that an infinite interval can be stored as JSON."""
    return math.exp(max(-50.0, min(50.0, value)))


def pair_ratio(pair: ProcessPair, plan: Plan, value: str, charges: float = 0.0) -> float:
    """One number for a process pair: the median log ratio, or the first where only that counts.

    charges: nanoseconds added to each of the candidate's calls.
    """
    base, candidate = (
        [float(getattr(cost, value)) for cost in counted(pair.tracks[side].costs, plan)] for side in SIDES
    )
    return median(log_ratios(base, [cost + charges for cost in candidate]))


def whole_ratio(pair: ProcessPair, plan: Plan, value: str, charges: float = 0.0) -> float:
    """As `pair_ratio`, of all calls of a side together; the first is left out where there are others."""
    base, candidate = (
        fmean([float(getattr(cost, value)) for cost in costs[1:] or costs])
        for costs in (counted(pair.tracks[side].costs, plan) for side in SIDES)
    )
    return log_ratios([base], [candidate + charges])[0]


def counted(costs: Sequence[Cost], plan: Plan) -> Sequence[Cost]:
    return costs[:1] if plan.first_only else costs


def decisive_value(plan: Plan) -> str:
    """The figure of a `Cost` that the engine is made for."""
    return "wall" if plan.engine == ABBA else "call"


def first_call(pairs: Sequence[ProcessPair], plan: Plan, confidence: float) -> Interval:
    return interval_of([pair.log_ratios(decisive_value(plan))[0] for pair in pairs], confidence)


def warm_calls(pairs: Sequence[ProcessPair], plan: Plan, confidence: float) -> Interval:
    return interval_of([median(pair.log_ratios(decisive_value(plan))[1:]) for pair in pairs], confidence)


def import_ratio(pairs: Sequence[ProcessPair], confidence: float) -> Interval | None:
    """CPU time until the workload is loaded; None where that is no phase of its own."""
    loads = [[float(pair.tracks[side].load) for pair in pairs] for side in SIDES]
    return interval_of(log_ratios(*loads), confidence) if any(map(any, loads)) else None


def without_startup(pairs: Sequence[ProcessPair], plan: Plan, confidence: float) -> Interval | None:
    """CPU time with the interpreter's start-up taken off both sides; None without one."""
    startup = plan.startup_ns
    if startup is None or startup >= min(
        cost.call for pair in pairs for track in pair.tracks.values() for cost in track.costs
    ):
        return None
    return interval_of(
        [
            median(log_ratios(*([cost.call - startup for cost in pair.tracks[side].costs] for side in SIDES)))
            for pair in pairs
        ],
        confidence,
    )
