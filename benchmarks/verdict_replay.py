"""What the sequential rule would have said of stored process pairs, and the truth from them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, median, stdev
from typing import Any

from hotloop.profilers.compare import MIN_PAIRS, MeasureSettings
from hotloop.profilers.engines.base import ABBA, BASE, SIDES, Cost, Plan, ProcessPair, Track
from hotloop.profilers.summary import summarize
from hotloop.profilers.verdict import Outcome

BLOCK = 10
"""Process pairs in one replayed comparison: disjoint, so that no sample counts twice."""

SETTINGS = MeasureSettings(
    min_speedup=1.0, confidence=0.98, max_seconds=math.inf, max_regression=1.5, varies=True, seed=0
)


def restored(samples: dict[str, Any]) -> tuple[Plan, list[ProcessPair]]:
    """Plan and process pairs of `Measurement.samples()`."""
    pairs = [
        ProcessPair(
            tracks={side: _track(stored[side]) for side in SIDES},
            difference=None,
            uncompared=(),
            clock=samples["clock"],
        )
        for stored in samples["pairs"]
    ]
    return Plan(**samples["plan"]), pairs


def _track(stored: dict[str, Any]) -> Track:
    return Track(**{**stored, "costs": [Cost(**cost) for cost in stored["costs"]]})


def replay(samples: dict[str, Any]) -> list[str]:
    """The outcome of each disjoint block, looked at after every pair as `compare` does."""
    plan, pairs = restored(samples)
    whole = len(pairs) // BLOCK * BLOCK
    return [decide(plan, pairs[start : start + BLOCK]) for start in range(0, whole, BLOCK)]


def decide(plan: Plan, block: Sequence[ProcessPair]) -> str:
    for count in range(MIN_PAIRS, len(block) + 1):
        outcome = summarize(block[:count], plan, SETTINGS, 0.0).outcome
        if outcome is not Outcome.INCONCLUSIVE:
            return outcome.value
    return Outcome.INCONCLUSIVE.value


def log_medians(samples: dict[str, Any]) -> list[float]:
    """One log ratio a process pair, of CPU time in the call (or wall time, for the engine that reads it)."""
    plan, pairs = restored(samples)
    value = "wall" if plan.engine == ABBA else "call"
    return [median(pair.log_ratios(value)) for pair in pairs if pair.tracks[BASE].costs]


def mean_and_error(values: Sequence[float]) -> tuple[float, float]:
    """Of the ratio, from log ratios; the standard error is relative."""
    error = stdev(values) / math.sqrt(len(values)) if len(values) > 1 else math.inf
    return math.exp(fmean(values)), error
