"""Is the candidate faster? Sample process pairs until the interval decides or time is up."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import asdict, dataclass, replace
from statistics import median, stdev
from typing import Any

from hotloop.profilers.command import AnyWorkload
from hotloop.profilers.core import aside, reserved_core
from hotloop.profilers.engines.base import ABBA, BASE, CANDIDATE, SIDES, Engine, Plan, ProcessPair, is_waiting
from hotloop.profilers.engines.choice import AUTO, Choice, choose, make_engine
from hotloop.profilers.ratios import decisive_value, interval_of, pair_ratio
from hotloop.profilers.statistics import smallest_detectable, winsorize
from hotloop.profilers.summary import summarize
from hotloop.profilers.verdict import NoiseFloor, Outcome, Verdict
from hotloop.sandboxes.base import Sandbox

MIN_PAIRS = 4
"""Fewer never decide; at the usual confidence the interval of three is boundless anyway."""

MAX_PAIRS = 400
NOISE_PAIRS = 8


@dataclass(frozen=True)
class MeasureSettings:
    """min_speedup: the ratio that must be exceeded. max_seconds: most wall clock.

    max_regression: how much worse wall time, memory or import may become.
    varies: inputs differ from seed to seed (else first calls decide). engine: how the
    two are paired, "auto" to find out. max_cpu_regression: how much worse CPU time may
    become; None: as wall time.
    """

    min_speedup: float
    confidence: float
    max_seconds: float
    max_regression: float
    varies: bool
    seed: int
    engine: str = AUTO
    max_cpu_regression: float | None = None


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
            "engine": self.plan.engine,
            "settings": asdict(self.settings),
            "plan": asdict(self.plan),
            "clock": self.verdict.clock,
            "pairs": [{side: asdict(track) for side, track in pair.tracks.items()} for pair in self.pairs],
        }


def compare(
    base: Sandbox,
    candidate: Sandbox,
    workload: AnyWorkload,
    settings: MeasureSettings,
    clock: Callable[[], float] = time.monotonic,
) -> Measurement:
    """Measure until sure. Raises SideFailure when the workload breaks on one side.

    A workload that was seen to compute and then waits is measured once more, by wall
    time, in what is left of `max_seconds`.
    """
    rng = random.Random(f"measure/{settings.seed}")
    sandboxes = {BASE: base, CANDIDATE: candidate}
    with reserved_core(step_aside=False) as core:
        begun = clock()  # not before: waiting for the core is not measuring
        choice = choose(settings.engine, sandboxes, workload, rng)
        with (
            beside(core, choice.name),
            closing(
                make_engine(choice.name, sandboxes, workload, rng, cpu=core, varies=settings.varies)
            ) as engine,
        ):
            found = sample(engine, choice, settings, clock, begun)
        if settings.engine != AUTO or choice.name == ABBA or not changed_character(found.pairs):
            return found
        reason = f"the workload began to wait while it was timed by {choice.name}"
        engine = make_engine(ABBA, sandboxes, workload, rng, cpu=core, varies=settings.varies)
        return sample(engine, replace(choice, name=ABBA, reason=reason), settings, clock, begun)


def beside(core: int, engine: str) -> AbstractContextManager[None]:
    """This thread off the core that the engine measures on; ABBA measures on all of them."""
    return nullcontext() if engine == ABBA else aside(core)


def sample(
    engine: Engine, choice: Choice, settings: MeasureSettings, clock: Callable[[], float], begun: float
) -> Measurement:
    """Process pairs until the interval decides, the time is spent, or CPU time says too little."""
    plan = replace(engine.plan(choice.seen), reason=choice.reason)
    pairs: list[ProcessPair] = []
    first = clock()
    while True:
        pairs.append(engine.play(plan))
        now = clock()
        spent = now - begun
        verdict = summarize(pairs, plan, settings, spent)
        if verdict.differs is not None or len(pairs) >= MAX_PAIRS:
            break
        if len(pairs) >= MIN_PAIRS and (
            verdict.outcome is not Outcome.INCONCLUSIVE
            or (plan.engine != ABBA and changed_character(pairs))
            or spent + (now - first) / len(pairs) > settings.max_seconds
        ):
            break
    return Measurement(verdict, plan, tuple(pairs), settings)


def changed_character(pairs: Sequence[ProcessPair]) -> bool:
    """Whether a workload that was taken to compute waits after all."""
    if any(pair.difference is not None for pair in pairs):
        return False
    return any(
        all(
            is_waiting(cost.wall - cost.delay, cost.call)
            for pair in pairs
            for cost in pair.tracks[side].costs
        )
        for side in SIDES
    )


def noise_floor(
    base: Sandbox,
    twin: Sandbox,
    workload: AnyWorkload,
    settings: MeasureSettings,
    count: int = NOISE_PAIRS,
) -> NoiseFloor:
    """Base against base, by `count` process pairs of the engine that base asks for. Raises SideFailure."""
    rng = random.Random(f"noise/{settings.seed}")
    sandboxes = {BASE: base, CANDIDATE: twin}
    with reserved_core(step_aside=False) as core:
        choice = choose(settings.engine, sandboxes, workload, rng)
        with (
            beside(core, choice.name),
            closing(
                make_engine(choice.name, sandboxes, workload, rng, cpu=core, varies=settings.varies)
            ) as engine,
        ):
            plan = engine.plan(choice.seen)
            begun = time.monotonic()
            pairs = [engine.play(plan) for _ in range(count)]
            pair_seconds = (time.monotonic() - begun) / count
    value = decisive_value(plan)
    ratios = [pair_ratio(pair, plan, value) for pair in pairs]
    spread = stdev(winsorize(ratios))
    affordable = max(MIN_PAIRS, min(MAX_PAIRS, int(settings.max_seconds / pair_seconds)))
    return NoiseFloor(
        interval=interval_of(ratios, settings.confidence),
        spread=spread,
        pairs=len(pairs),
        pair_seconds=pair_seconds,
        budget_seconds=settings.max_seconds,
        detectable=settings.min_speedup * smallest_detectable(spread, affordable, settings.confidence),
        engine=plan.engine,
        clock=pairs[0].clock,
        call_ns=median(getattr(cost, value) for pair in pairs for cost in pair.tracks[BASE].costs)
        / plan.batch,
    )
