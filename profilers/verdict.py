"""What a measurement says, in numbers that can be stored and checked again."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Outcome(StrEnum):
    """`faster` and `not_faster` are shown by the interval; all else is `inconclusive`."""

    FASTER = "faster"
    NOT_FASTER = "not_faster"
    INCONCLUSIVE = "inconclusive"


class Interval(BaseModel):
    """A ratio base/candidate (above 1: the candidate is faster) and its interval."""

    model_config = ConfigDict(frozen=True)

    ratio: float
    low: float
    high: float


class PhaseCost(BaseModel):
    """Median CPU nanoseconds of one phase of one call, for both sides."""

    model_config = ConfigDict(frozen=True)

    base_ns: float
    candidate_ns: float


class Instructions(BaseModel):
    """Instructions per call, base over candidate: a second signal that never decides.

    low, high: the extremes of `repeats` counts under as many hash seeds, no confidence
    interval. source: "perf" or "callgrind". base, candidate: medians. calls: counted in
    each. fixed_addresses: whether address randomisation was off.
    """

    model_config = ConfigDict(frozen=True)

    ratio: float
    low: float
    high: float
    source: str
    base: float
    candidate: float
    calls: int
    repeats: int
    fixed_addresses: bool


class Energy(BaseModel):
    """Joules per call, base over candidate, with the confidence interval of the verdict.

    source: what was read, and what else it counts. blocks: on each side, alternating.
    """

    model_config = ConfigDict(frozen=True)

    ratio: float
    low: float
    high: float
    source: str
    base_joules: float
    candidate_joules: float
    blocks: int


class Verdict(BaseModel):
    """The answer to "is the candidate faster?", with what it rests on.

    ratio, low, high: base time over candidate time and its confidence interval.
    engine: how the two were paired. clock: what read the time, from outside.
    metric: "cpu" or "wall", whichever decided; both are always reported.
    first_call: ratio of the first calls of fresh processes; None if too few.
    phases: import, setup, call, digest and idle. moved: share of the gain in
    the call that came back in another phase (0 when none did).
    pairs: process pairs. calls: timed calls on each side. seconds: wall clock spent.
    peak_memory: largest resident bytes, base and candidate.
    warm: ratio of the later calls, where the first ones decided. import_time: ratio of
    CPU time until the workload is loaded; None for a command, which has no such phase.
    regressions: what became worse than the task allows; a gain does not make up for it.
    differs: how the outputs of base and candidate differ; then no ratio counts.
    uncompared: types whose values could not be compared. net: ratio of CPU times
    without the interpreter's start-up, for a command that starts one.
    instructions, energy: where they were asked for and can be read; notes say why not.
    """

    model_config = ConfigDict(frozen=True)

    outcome: Outcome
    ratio: float
    low: float
    high: float
    confidence: float
    min_speedup: float
    engine: str
    metric: str
    clock: str
    cpu: Interval
    wall: Interval
    first_call: Interval | None
    phases: dict[str, PhaseCost]
    moved: float
    pairs: int
    calls: int
    seconds: float
    peak_memory: tuple[int, int]
    warm: Interval | None = None
    import_time: Interval | None = None
    net: Interval | None = None
    regressions: tuple[str, ...] = ()
    differs: str | None = None
    uncompared: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    instructions: Instructions | None = None
    energy: Energy | None = None


class NoiseFloor(BaseModel):
    """Base measured against itself: what this machine calls equal, and what it can show.

    interval: of base over base; it should hold 1. spread: standard deviation of
    the log ratio between process pairs. detectable: the smallest true ratio,
    above the threshold, that would be found in `budget_seconds`.
    """

    model_config = ConfigDict(frozen=True)

    interval: Interval
    spread: float
    pairs: int
    pair_seconds: float
    budget_seconds: float
    detectable: float
    engine: str
    clock: str
    call_ns: float
