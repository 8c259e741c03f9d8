"""What every engine shares: sides, samples, and whose fault a failure is.

An engine makes *process pairs*: base and candidate run the same inputs in the
same moments, in fresh processes, and each request is a pair of costs. One
number is taken from each process pair, so hash seed and address layout count
as noise and not as a gain.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from hotloop.profilers.errors import ProfilerError
from hotloop.profilers.outputs import Difference
from hotloop.profilers.workload import ForeignCode, WorkloadFailure

if TYPE_CHECKING:
    from hotloop.profilers.engines.looking import Look

BASE, CANDIDATE = "base", "candidate"
SIDES = (BASE, CANDIDATE)

PING_PONG, CO_SCHEDULED, ABBA = "ping-pong", "co-scheduled", "abba"

SEED_LIMIT = 1 << 31

WAITING = 1.5
"""Wall over CPU time from which a call waits, sleeps or works elsewhere."""

SLACK_NS = 2_000_000
"""Differences between clocks below this are pipes and the clocks themselves."""


@dataclass(frozen=True)
class Plan:
    """How one process pair is spent.

    batch: calls (each on its own seed) inside one timed request. rounds: timed
    requests on each side. first_only: inputs do not change from call to call,
    so only the first request of a fresh process counts; later ones may be
    remembered ones. engine, reason: how the two are paired, and why so.
    compared: whether outputs are. startup_ns: CPU time of an interpreter that
    does nothing, taken off in `Verdict.net`; None where there is none.
    """

    batch: int
    rounds: int
    first_only: bool = False
    engine: str = PING_PONG
    reason: str = ""
    compared: bool = True
    startup_ns: float | None = None


@dataclass(frozen=True)
class Cost:
    """CPU nanoseconds of one request's phases; wall nanoseconds of its call and around it.

    delay: of the call's wall time, how long others kept it from a core.
    """

    setup: int
    call: int
    digest: int
    idle: int
    wall: int
    wall_around: int = 0
    delay: int = 0

    @property
    def around(self) -> int:
        """What was spent outside the call."""
        return self.setup + self.digest + self.idle

    @property
    def late(self) -> int:
        """What was spent after the call: where a lazy result does its work."""
        return self.digest + self.idle


@dataclass
class Track:
    """One side of one process pair: what loading cost, then each request."""

    load: int
    costs: list[Cost] = field(default_factory=list)
    peak_memory: int = 0
    children: bool = False


@dataclass(frozen=True)
class ProcessPair:
    """Base and candidate, side by side. uncompared: what of their outputs was not compared."""

    tracks: dict[str, Track]
    difference: Difference | None
    uncompared: tuple[str, ...]
    clock: str

    def log_ratios(self, value: str) -> list[float]:
        """Log of base over candidate for each request, of `value` ("call" or "wall")."""
        return log_ratios(*([getattr(cost, value) for cost in self.tracks[side].costs] for side in SIDES))


class Engine(Protocol):
    """One way to pair two sandboxes around one workload; made for one measurement."""

    name: str

    def plan(self, seen: Mapping[str, Look]) -> Plan:
        """From what base was seen to do; it is looked at where `seen` lacks it. Raises SideFailure."""

    def play(self, plan: Plan) -> ProcessPair:
        """One process pair. Raises SideFailure, and ForeignCode for base."""

    def close(self) -> None:
        """End what was started for a next pair."""


def is_waiting(wall_ns: float, cpu_ns: float) -> bool:
    """Whether a call that took so long did more than compute."""
    return wall_ns > WAITING * cpu_ns and wall_ns - cpu_ns > SLACK_NS


def log_ratios(base: Sequence[float], candidate: Sequence[float]) -> list[float]:
    """Pairwise; times below a nanosecond cannot be told from one."""
    return [math.log(max(1.0, b) / max(1.0, c)) for b, c in zip(base, candidate, strict=True)]


class SideFailure(Exception):
    """The workload broke on one side: `side` says which."""

    def __init__(self, side: str, failure: WorkloadFailure) -> None:
        super().__init__(f"{side}: {failure}")
        self.side = side
        self.failure = failure

    def as_infrastructure(self) -> ProfilerError:
        """For a side that is known to work: then the machine is to blame."""
        return ProfilerError(f"{self.side} broke though it had worked before: {self.failure}")

    def of_candidate(self) -> WorkloadFailure:
        """What the candidate did. Raises `as_infrastructure` where it was base that broke."""
        if self.side == BASE:
            raise self.as_infrastructure() from self
        return self.failure


@contextmanager
def attributed(side: str) -> Iterator[None]:
    """Code from outside the candidate's tree is its own doing: base, in a like environment, loads none.

    Of base it says that the environment is at fault, and stays an error.
    """
    try:
        yield
    except WorkloadFailure as failure:
        raise SideFailure(side, failure) from failure
    except ForeignCode as found:
        if side == BASE:
            raise
        raise SideFailure(side, WorkloadFailure("loaded", str(found))) from found


def shuffled(rng: random.Random) -> list[str]:
    return rng.sample(SIDES, 2)


def random_orders(rng: random.Random) -> Iterator[list[str]]:
    """Who goes first, at random in each round."""
    while True:
        yield shuffled(rng)


def abba_orders(rng: random.Random) -> Iterator[list[str]]:
    """A B, B A or B A, A B: a drift that is even over four runs falls on both sides alike."""
    while True:
        first = shuffled(rng)
        yield first
        yield first[::-1]
