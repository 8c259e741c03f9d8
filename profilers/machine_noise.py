"""What a machine's noise hides: a built-in workload against itself, paired and not."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import PurePosixPath
from statistics import fmean, median, stdev

from pydantic import BaseModel, ConfigDict

from hotloop.profilers.compare import MAX_PAIRS, MIN_PAIRS, MeasureSettings
from hotloop.profilers.core import reserved_core
from hotloop.profilers.engines.base import BASE, CANDIDATE, ProcessPair
from hotloop.profilers.engines.pingpong import ping_pong
from hotloop.profilers.ratios import interval_of, pair_ratio
from hotloop.profilers.statistics import smallest_detectable, winsorize
from hotloop.profilers.verdict import Interval
from hotloop.profilers.workload import Workload
from hotloop.sandboxes.base import Sandbox

BUDGETS = (5.0, 20.0, 60.0)
PROGRAM = """
def setup(seed):
    return [(seed * 7919 + number * 104729) % 1000003 for number in range(12000)]


def workload(state):
    found = {}
    for number in state:
        found[number % 997] = found.get(number % 997, 0) + number * number % 101
    return sorted(found.items())
"""
"""Interpreter-bound, a few milliseconds a call: what most workloads are."""


class Budget(BaseModel):
    """detectable: the smallest ratio that would be found in so many seconds; None: none would."""

    model_config = ConfigDict(frozen=True)

    seconds: float
    detectable: float | None


class MachineNoise(BaseModel):
    """Base against base. interval: it should hold 1. spread: of the log ratio between process pairs.

    wall_spread, process_spread: coefficients of variation of one call's wall time, over
    all calls and over the medians of processes, as who times one side after the other meets them.
    """

    model_config = ConfigDict(frozen=True)

    interval: Interval
    confidence: float
    spread: float
    wall_spread: float
    process_spread: float
    pairs: int
    seconds: float
    engine: str
    clock: str
    call_ns: float
    budgets: tuple[Budget, ...]


def workload() -> Workload:
    """The built-in one; it imports nothing of the tree it runs in."""
    return Workload(source=PROGRAM, path=PurePosixPath("doctor.py"), roots=(PurePosixPath(),), modules=())


def machine_noise(
    one: Sandbox,
    twin: Sandbox,
    settings: MeasureSettings,
    clock: Callable[[], float] = time.monotonic,
) -> MachineNoise:
    """Process pairs for `max_seconds`, whatever they show. Raises SideFailure."""
    rng = random.Random(f"machine/{settings.seed}")
    sandboxes = {BASE: one, CANDIDATE: twin}
    pairs: list[ProcessPair] = []
    with (
        reserved_core() as core,
        closing(ping_pong(sandboxes, workload(), rng, cpu=core, varies=settings.varies)) as engine,
    ):
        plan = engine.plan({})
        begun = clock()
        while len(pairs) < MIN_PAIRS or clock() - begun < settings.max_seconds:
            pairs.append(engine.play(plan))
        seconds = clock() - begun
    ratios = [pair_ratio(pair, plan, "call") for pair in pairs]
    spread = stdev(winsorize(ratios))
    walls = [[cost.wall / plan.batch for cost in pair.tracks[BASE].costs] for pair in pairs]
    return MachineNoise(
        interval=interval_of(ratios, settings.confidence),
        confidence=settings.confidence,
        spread=spread,
        wall_spread=variation([wall for process in walls for wall in process]),
        process_spread=variation([median(process) for process in walls]),
        pairs=len(pairs),
        seconds=seconds,
        engine=plan.engine,
        clock=pairs[0].clock,
        call_ns=median(cost.call for pair in pairs for cost in pair.tracks[BASE].costs) / plan.batch,
        budgets=tuple(_budget(given, spread, seconds / len(pairs), settings) for given in BUDGETS),
    )


def variation(values: Sequence[float]) -> float:
    """Coefficient of variation: standard deviation over mean."""
    return stdev(values) / fmean(values)


def _budget(seconds: float, spread: float, pair_seconds: float, settings: MeasureSettings) -> Budget:
    count = min(MAX_PAIRS, int(seconds / pair_seconds))
    if count < MIN_PAIRS:
        return Budget(seconds=seconds, detectable=None)
    found = smallest_detectable(spread, count, settings.confidence)
    return Budget(seconds=seconds, detectable=settings.min_speedup * found)
