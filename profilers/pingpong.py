"""Ping-pong: two live processes on one core take turns, one call each, in random order.

Whatever slows the machine slows both within milliseconds, so the ratio holds
where absolute times drift by a factor of two. Several fresh process pairs are
taken, since hash seed and address layout differ between processes. The clock
is the sandbox's, read from outside between two requests.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from hotloop.profilers.errors import ProfilerError
from hotloop.profilers.outputs import Difference, difference
from hotloop.profilers.workload import Output, Workload, WorkloadFailure, WorkloadProcess
from hotloop.sandboxes.base import Sandbox

BASE, CANDIDATE = "base", "candidate"
SIDES = (BASE, CANDIDATE)

TARGET_CALL_NS = 5e6
"""A timed call lasts at least about this long: shorter ones are batched, so that a
few microseconds of pipe and clock cost less than a tenth of a per cent."""

PAIR_NS = 1e9
"""CPU time that one process pair spends once it is loaded: enough for its median to settle."""

MAX_BATCH = 64
LEAST_ROUNDS = 6
MAX_ROUNDS = 30
SEED_LIMIT = 1 << 31


@dataclass(frozen=True)
class Plan:
    """How one process pair is spent.

    batch: calls (each on its own seed) inside one timed request. rounds: timed
    requests on each side. first_only: inputs do not change from call to call,
    so only the first request of a fresh process counts; later ones may be
    remembered ones.
    """

    batch: int
    rounds: int
    first_only: bool = False


@dataclass(frozen=True)
class Cost:
    """CPU nanoseconds of one request's phases; wall nanoseconds of its call and around it."""

    setup: int
    call: int
    digest: int
    idle: int
    wall: int
    wall_around: int = 0

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
    """One base process and one candidate process that took turns."""

    tracks: dict[str, Track]
    difference: Difference | None
    uncompared: tuple[str, ...]
    clock: str

    def log_ratios(self, value: str) -> list[float]:
        """Log of base over candidate for each request, of `value` ("call" or "wall")."""
        return log_ratios(*([getattr(cost, value) for cost in self.tracks[side].costs] for side in SIDES))


def log_ratios(base: Sequence[float], candidate: Sequence[float]) -> list[float]:
    """Pairwise; times below a nanosecond cannot be told from one."""
    return [math.log(max(1.0, b) / max(1.0, c)) for b, c in zip(base, candidate, strict=True)]


class Player:
    """One side's process with its running account of CPU time."""

    def __init__(self, sandbox: Sandbox, workload: Workload, hash_seed: int, cpu: int | None) -> None:
        self.worker = WorkloadProcess(sandbox, workload, hash_seed=hash_seed, cpu=cpu)
        self.read = self.worker.process.cpu_ns
        self.worker.ready()
        start = self.read()
        self.worker.load()
        self._last = self.read()
        self.track = Track(load=self._last - start)

    def turn(self, seeds: list[int]) -> list[Output]:
        """One timed request, with its phases accounted apart."""
        begun, clock = self.read(), [time.perf_counter_ns()]
        self.worker.setup(seeds)
        ready = self.read()
        clock.append(time.perf_counter_ns())
        self.worker.call()
        clock.append(time.perf_counter_ns())
        called = self.read()
        outputs = self.worker.digest()
        clock.append(time.perf_counter_ns())
        digested = self.read()
        setup, call, digest = (later - earlier for earlier, later in pairwise(clock))
        idle = begun - self._last
        self.track.costs.append(
            Cost(
                ready - begun, called - ready, digested - called, idle, wall=call, wall_around=setup + digest
            )
        )
        self._last = digested
        return outputs

    def finish(self) -> Track:
        self.track.children = self.worker.process.has_children()
        self.track.peak_memory = self.worker.process.peak_memory()
        return self.track


@contextmanager
def players(
    sandboxes: dict[str, Sandbox], workload: Workload, rng: random.Random, cpu: int | None
) -> Iterator[dict[str, Player]]:
    """Both sides, freshly started with one hash seed, in random order."""
    hash_seed = rng.randrange(1, 1 << 32)
    with ExitStack() as stack:
        started: dict[str, Player] = {}
        for side in shuffled(rng):
            with attributed(side):
                started[side] = Player(sandboxes[side], workload, hash_seed, cpu)
                stack.callback(started[side].worker.close)
        yield started


class SideFailure(Exception):
    """The workload broke on one side: `side` says which."""

    def __init__(self, side: str, failure: WorkloadFailure) -> None:
        super().__init__(f"{side}: {failure}")
        self.side = side
        self.failure = failure

    def as_infrastructure(self) -> ProfilerError:
        """For a side that is known to work: then the machine is to blame."""
        return ProfilerError(f"{self.side} broke though it had worked before: {self.failure}")


@contextmanager
def attributed(side: str) -> Iterator[None]:
    try:
        yield
    except WorkloadFailure as failure:
        raise SideFailure(side, failure) from failure


def shuffled(rng: random.Random) -> list[str]:
    return rng.sample(SIDES, 2)


def play(
    sandboxes: dict[str, Sandbox], workload: Workload, plan: Plan, rng: random.Random, cpu: int | None
) -> ProcessPair:
    """One process pair. Raises SideFailure, and ForeignCode as infrastructure."""
    with players(sandboxes, workload, rng, cpu) as started:
        found: Difference | None = None
        for _ in range(plan.rounds):
            seeds = [rng.randrange(SEED_LIMIT) for _ in range(plan.batch)]
            outputs: dict[str, list[Output]] = {}
            for side in shuffled(rng):
                with attributed(side):
                    outputs[side] = started[side].turn(seeds)
            found = found or difference(outputs[BASE], outputs[CANDIDATE], seeds, workload.tolerance)
        for side in SIDES:
            with attributed(side):
                started[side].worker.check_loaded()
        return ProcessPair(
            tracks={side: started[side].finish() for side in SIDES},
            difference=found,
            uncompared=tuple(sorted(set.union(*(player.worker.uncompared for player in started.values())))),
            clock=started[BASE].worker.process.clock,
        )


def plan_for(sandbox: Sandbox, workload: Workload, rng: random.Random, cpu: int | None, varies: bool) -> Plan:
    """A plan from a few calls at base. Raises SideFailure for base."""
    with attributed(BASE):
        player = Player(sandbox, workload, rng.randrange(1, 1 << 32), cpu)
        try:
            for _ in range(3):
                player.turn([rng.randrange(SEED_LIMIT)])
        finally:
            player.worker.close()
    call = max(1.0, median(cost.call for cost in player.track.costs))
    whole = max(1.0, median(cost.call + cost.around for cost in player.track.costs))
    if not varies:
        return Plan(batch=1, rounds=3, first_only=True)
    batch = round(max(1.0, min(MAX_BATCH, TARGET_CALL_NS / call, PAIR_NS / 10 / whole)))
    least = LEAST_ROUNDS if whole < PAIR_NS else 2
    return Plan(batch=batch, rounds=round(max(least, min(MAX_ROUNDS, PAIR_NS / (2 * batch * whole)))))
