"""Cost against input size: how base and candidate grow, and where one overtakes the other."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import fmean, median

from pydantic import BaseModel, ConfigDict

from hotloop.errors import UsageError
from hotloop.profilers.command import CommandWorkload
from hotloop.profilers.compare import Measurement, MeasureSettings, compare
from hotloop.profilers.engines.base import SIDES
from hotloop.profilers.verdict import Outcome
from hotloop.profilers.workload import Workload, WorkloadFailure, WorkloadProcess
from hotloop.sandboxes.base import Sandbox

LEAST_SIZES = 2

SMALL_CALL_NS = 50_000
"""Below this a call is not much longer than the request that asks for it, whose few
microseconds are part of both sides' figures."""


class ScalingPoint(BaseModel):
    """One size. base_ns, candidate_ns: medians for one call, of the time named by `metric`.

    ratio, low, high: base over candidate and its confidence interval. outcome: against a
    ratio of 1; inconclusive as well where a gain may only have moved out of the call.
    differs: how the outputs differ at this size; then no ratio counts.
    """

    model_config = ConfigDict(frozen=True)

    size: int
    base_ns: float
    candidate_ns: float
    outcome: Outcome
    ratio: float
    low: float
    high: float
    metric: str = "cpu"
    engine: str = ""
    pairs: int = 0
    seconds: float = 0.0
    differs: str | None = None

    @property
    def sign(self) -> int:
        """1: the candidate is shown faster here; -1: slower; 0: neither is shown."""
        return (self.outcome is Outcome.FASTER) - (self.outcome is Outcome.NOT_FASTER)


class Growth(BaseModel):
    """cost = constant * size ** exponent, by least squares on the logarithms.

    error: standard error of the exponent; None with two sizes, where nothing is left over.
    """

    model_config = ConfigDict(frozen=True)

    exponent: float
    error: float | None


class Crossover(BaseModel):
    """Between two neighbouring sizes that are both decided, the ratio passes 1 at about `size`.

    faster_above: the candidate is the faster one for larger inputs.
    """

    model_config = ConfigDict(frozen=True)

    size: float
    below: int
    above: int
    faster_above: bool


class Scaling(BaseModel):
    """What a change does at each size.

    base, candidate: growth of the cost; None when outputs differ or sizes are too few.
    small_input_regressions: sizes at which the candidate is shown slower, though it is
    not at the largest one. slower_at: all sizes at which it is.
    """

    model_config = ConfigDict(frozen=True)

    schema_version: int = 1
    confidence: float
    points: tuple[ScalingPoint, ...]
    base: Growth | None
    candidate: Growth | None
    crossovers: tuple[Crossover, ...]
    slower_at: tuple[int, ...]
    small_input_regressions: tuple[int, ...]
    notes: tuple[str, ...]


def growth(sizes: Sequence[float], costs: Sequence[float]) -> Growth | None:
    """The exponent and its standard error; None with fewer than two sizes or a cost of nothing."""
    if len(set(sizes)) < LEAST_SIZES or min(costs) <= 0.0:
        return None
    xs, ys = [math.log(size) for size in sizes], [math.log(cost) for cost in costs]
    middle_x, middle_y = fmean(xs), fmean(ys)
    spread = math.fsum((x - middle_x) ** 2 for x in xs)
    slope = math.fsum((x - middle_x) * (y - middle_y) for x, y in zip(xs, ys, strict=True)) / spread
    rest = math.fsum((y - middle_y - slope * (x - middle_x)) ** 2 for x, y in zip(xs, ys, strict=True))
    freedom = len(xs) - 2
    return Growth(exponent=slope, error=math.sqrt(rest / freedom / spread) if freedom else None)


def crossovers(points: Sequence[ScalingPoint]) -> tuple[Crossover, ...]:
    """Where the sign changes, straight lines drawn through log ratio over log size.

    Only claimed between sizes whose intervals both exclude 1; undecided ones are passed over.
    """
    decided = [point for point in sorted(points, key=lambda point: point.size) if point.sign]
    return tuple(
        Crossover(size=_zero_between(low, high), below=low.size, above=high.size, faster_above=high.sign > 0)
        for low, high in pairwise(decided)
        if low.sign != high.sign
    )


def _zero_between(low: ScalingPoint, high: ScalingPoint) -> float:
    before, after = math.log(low.ratio), math.log(high.ratio)
    share = before / (before - after)
    return math.exp(math.log(low.size) + share * (math.log(high.size) - math.log(low.size)))


def scaling_of(points: Sequence[ScalingPoint], confidence: float) -> Scaling:
    """What these points say together. Raises ValueError without points."""
    ordered = tuple(sorted(points, key=lambda point: point.size))
    agree = all(point.differs is None for point in ordered)
    sizes = [float(point.size) for point in ordered]
    slower = tuple(point.size for point in ordered if point.sign < 0)
    largest = ordered[-1]
    return Scaling(
        confidence=confidence,
        points=ordered,
        base=growth(sizes, [point.base_ns for point in ordered]) if agree else None,
        candidate=growth(sizes, [point.candidate_ns for point in ordered]) if agree else None,
        crossovers=crossovers(ordered),
        slower_at=slower,
        small_input_regressions=() if largest.sign < 0 else slower,
        notes=_notes(ordered),
    )


def _notes(points: Sequence[ScalingPoint]) -> tuple[str, ...]:
    small = [str(point.size) for point in points if min(point.base_ns, point.candidate_ns) < SMALL_CALL_NS]
    found = []
    if small:
        found.append(
            f"at size {', '.join(small)} a call takes less than {SMALL_CALL_NS // 1000} µs: asking for it "
            "is part of its cost, so ratio and exponent are nearer to 1 and 0 there than they should be"
        )
    found += [f"outputs differ at size {point.size}: {point.differs}" for point in points if point.differs]
    if len({point.metric for point in points}) > 1:
        found.append("CPU time decided at some sizes and wall time at others, so exponents mix the two")
    return tuple(found)


def measure_scaling(
    base: Sandbox,
    candidate: Sandbox,
    workload: Workload,
    sizes: Sequence[int],
    settings: MeasureSettings,
) -> Scaling:
    """One comparison a size, in random order, each with its share of `settings.max_seconds`.

    A size is left as soon as its interval excludes 1. Raises UsageError for sizes that
    cannot be used, SideFailure when the workload breaks on one side.
    """
    check_sizes(sizes)
    check_takes_size(base, workload, min(sizes))
    share = replace(settings, min_speedup=1.0, max_seconds=settings.max_seconds / len(sizes))
    order = random.Random(f"sizes/{settings.seed}").sample(list(sizes), len(sizes))
    points = [point_of(size, compare(base, candidate, replace(workload, size=size), share)) for size in order]
    return scaling_of(points, settings.confidence)


def check_sizes(sizes: Sequence[int]) -> None:
    """Raises UsageError unless there are several different sizes above 0."""
    if len(set(sizes)) < max(LEAST_SIZES, len(sizes)) or min(sizes) < 1:
        raise UsageError(
            f"Sizes {','.join(map(str, sizes)) or '(none)'} cannot be compared",
            "Name at least two different ones above 0, as in --sizes 10,100,1000",
        )


def check_takes_size(base: Sandbox, workload: Workload | CommandWorkload, size: int) -> None:
    """Load it once in `base`. Raises UsageError where sizes mean nothing to it."""
    if not isinstance(workload, Workload):
        raise UsageError("A command has no sizes", "Name a workload file with setup(seed, size)")
    worker = WorkloadProcess(base, replace(workload, size=size), hash_seed=1, cpu=None)
    try:
        worker.load()
    except WorkloadFailure as failure:
        raise UsageError(
            f"The workload cannot be given a size: {failure.message}", "Write setup(seed, size) in it"
        ) from failure
    finally:
        worker.close()


def point_of(size: int, measured: Measurement) -> ScalingPoint:
    """A size's point. Where wall time decided, it is what the costs are in as well."""
    verdict, value = measured.verdict, "wall" if measured.verdict.metric == "wall" else "call"
    base_ns, candidate_ns = (
        median(float(getattr(cost, value)) for pair in measured.pairs for cost in pair.tracks[side].costs)
        / measured.plan.batch
        for side in SIDES
    )
    return ScalingPoint(
        size=size,
        base_ns=base_ns,
        candidate_ns=candidate_ns,
        outcome=verdict.outcome,
        ratio=verdict.ratio,
        low=verdict.low,
        high=verdict.high,
        metric=verdict.metric,
        engine=verdict.engine,
        pairs=verdict.pairs,
        seconds=verdict.seconds,
        differs=verdict.differs,
    )
