"""Is the candidate faster? Sample process pairs until the interval decides or time is up."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median, stdev
from typing import Any

from hotloop.profilers.core import reserved_core
from hotloop.profilers.pingpong import BASE, CANDIDATE, Plan, ProcessPair, plan_for, play
from hotloop.profilers.statistics import smallest_detectable, winsorize
from hotloop.profilers.summary import interval_of, pair_ratio, summarize
from hotloop.profilers.verdict import NoiseFloor, Outcome, Verdict
from hotloop.profilers.workload import Workload
from hotloop.sandboxes.base import Sandbox

MIN_PAIRS = 5
MAX_PAIRS = 400
NOISE_PAIRS = 8


@dataclass(frozen=True)
class MeasureSettings:
    """min_speedup: the ratio that must be exceeded. max_seconds: most wall clock.

    max_regression: how much worse wall time, memory or import may become.
    varies: inputs differ from seed to seed (else first calls decide).
    """

    min_speedup: float
    confidence: float
    max_seconds: float
    max_regression: float
    varies: bool
    seed: int


@dataclass(frozen=True)
class Measurement:
    """A verdict and the samples it rests on."""

    verdict: Verdict
    plan: Plan
    pairs: tuple[ProcessPair, ...]
    settings: MeasureSettings

    def samples(self) -> dict[str, Any]:
        """Everything needed to compute the verdict again, as JSON. Times in nanoseconds."""
        return {
            "schema_version": 1,
            "settings": asdict(self.settings),
            "plan": asdict(self.plan),
            "clock": self.verdict.clock,
            "pairs": [{side: asdict(track) for side, track in pair.tracks.items()} for pair in self.pairs],
        }


def compare(
    base: Sandbox,
    candidate: Sandbox,
    workload: Workload,
    settings: MeasureSettings,
    clock: Callable[[], float] = time.monotonic,
) -> Measurement:
    """Measure until sure. Raises SideFailure when the workload breaks on one side."""
    rng = random.Random(f"measure/{settings.seed}")
    sandboxes = {BASE: base, CANDIDATE: candidate}
    with reserved_core() as cpu:
        begun = clock()
        plan = plan_for(base, workload, rng, cpu, settings.varies)
        pairs: list[ProcessPair] = []
        while True:
            pairs.append(play(sandboxes, workload, plan, rng, cpu))
            spent = clock() - begun
            verdict = summarize(pairs, plan, settings, spent)
            if verdict.differs is not None or len(pairs) >= MAX_PAIRS:
                break
            if len(pairs) >= MIN_PAIRS and (
                verdict.outcome is not Outcome.INCONCLUSIVE
                or spent + spent / len(pairs) > settings.max_seconds
            ):
                break
    return Measurement(verdict, plan, tuple(pairs), settings)


def noise_floor(base: Sandbox, twin: Sandbox, workload: Workload, settings: MeasureSettings) -> NoiseFloor:
    """Base against base, `NOISE_PAIRS` process pairs. Raises SideFailure."""
    rng = random.Random(f"noise/{settings.seed}")
    with reserved_core() as cpu:
        plan = plan_for(base, workload, rng, cpu, settings.varies)
        begun = time.monotonic()
        pairs = [play({BASE: base, CANDIDATE: twin}, workload, plan, rng, cpu) for _ in range(NOISE_PAIRS)]
        pair_seconds = (time.monotonic() - begun) / NOISE_PAIRS
    ratios = [pair_ratio(pair, plan, "call") for pair in pairs]
    spread = stdev(winsorize(ratios))
    affordable = max(MIN_PAIRS, min(MAX_PAIRS, int(settings.max_seconds / pair_seconds)))
    return NoiseFloor(
        interval=interval_of(ratios, settings.confidence),
        spread=spread,
        pairs=len(pairs),
        pair_seconds=pair_seconds,
        budget_seconds=settings.max_seconds,
        detectable=settings.min_speedup * smallest_detectable(spread, affordable, settings.confidence),
        engine="ping-pong",
        clock=pairs[0].clock,
        call_ns=median(cost.call for pair in pairs for cost in pair.tracks[BASE].costs) / plan.batch,
    )
