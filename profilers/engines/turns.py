"""Live workers that take turns, one request each: how workload files are measured.

Several fresh process pairs are taken, since hash seed and address layout differ
between processes. The clock is the sandbox's, read from outside between two
requests. Which core, and who goes first, is the engine's to say.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from hotloop.profilers.engines.base import (
    BASE,
    CANDIDATE,
    SEED_LIMIT,
    SIDES,
    Cost,
    Plan,
    ProcessPair,
    Track,
    attributed,
    shuffled,
)
from hotloop.profilers.outputs import Difference, difference
from hotloop.profilers.workload import Output, Workload, WorkloadProcess
from hotloop.sandboxes.base import Sandbox

TARGET_CALL_NS = 5e6
"""A timed call lasts at least about this long: shorter ones are batched, so that a
few microseconds of pipe and clock cost less than a tenth of a per cent."""

PAIR_NS = 1e9
"""The most time that one process pair spends on its calls: by then its median has settled."""

LEAST_PAIR_NS = 1.5e8
"""The least: below it the noise within a pair outweighs that between pairs."""

MAX_BATCH = 64
LEAST_ROUNDS = 6
MAX_ROUNDS = 30


class Player:
    """One side's process with its running account of CPU time."""

    def __init__(
        self,
        sandbox: Sandbox,
        workload: Workload,
        hash_seed: int,
        cpu: int | None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        begun = time.perf_counter_ns()
        self.worker = WorkloadProcess(sandbox, workload, hash_seed=hash_seed, cpu=cpu, env=env)
        self.read = self.worker.process.cpu_ns
        self.worker.ready()
        start = self.read()
        self.worker.load()
        self._last = self.read()
        self.track = Track(load=self._last - start)
        self.starting = time.perf_counter_ns() - begun

    def turn(self, seeds: list[int]) -> list[Output]:
        """One timed request, with its phases accounted apart."""
        begun, clock = self.read(), [time.perf_counter_ns()]
        self.worker.setup(seeds)
        delayed = self.worker.process.activity().delay_ns
        ready = self.read()
        clock.append(time.perf_counter_ns())
        self.worker.call()
        clock.append(time.perf_counter_ns())
        called = self.read()
        delayed = self.worker.process.activity().delay_ns - delayed
        outputs = self.worker.digest()
        clock.append(time.perf_counter_ns())
        digested = self.read()
        setup, call, digest = (later - earlier for earlier, later in pairwise(clock))
        idle = begun - self._last
        self.track.costs.append(
            Cost(
                setup=ready - begun,
                call=called - ready,
                digest=digested - called,
                idle=idle,
                wall=call,
                wall_around=setup + digest,
                delay=delayed,
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


@dataclass
class FileTurns:
    """See `Engine`. orders: who goes first in each round, for as long as it is asked.

    cpu: the core to stay on; None for any. value: the figure that decides, "call"
    (CPU time) or "wall". varies: inputs differ from seed to seed.
    """

    name: str
    sandboxes: dict[str, Sandbox]
    workload: Workload
    rng: random.Random
    orders: Iterator[list[str]]
    varies: bool
    cpu: int | None
    value: str

    def plan(self) -> Plan:
        with attributed(BASE):
            player = Player(self.sandboxes[BASE], self.workload, self.rng.randrange(1, 1 << 32), self.cpu)
            try:
                for _ in range(3):
                    player.turn([self.rng.randrange(SEED_LIMIT)])
            finally:
                player.worker.close()
        return plan_turns(player.track, self.name, self.varies, self.value, player.starting)

    def play(self, plan: Plan) -> ProcessPair:
        with players(self.sandboxes, self.workload, self.rng, self.cpu) as started:
            found: Difference | None = None
            for _, order in zip(range(plan.rounds), self.orders, strict=False):
                differs = self._round(started, plan, order)
                found = found or differs
            for side in SIDES:
                with attributed(side):
                    started[side].worker.check_loaded()
            unknown = set.union(*(player.worker.uncompared for player in started.values()))
            return ProcessPair(
                tracks={side: started[side].finish() for side in SIDES},
                difference=found,
                uncompared=tuple(sorted(unknown)),
                clock=started[BASE].worker.process.clock,
            )

    def _round(self, started: dict[str, Player], plan: Plan, order: list[str]) -> Difference | None:
        seeds = [self.rng.randrange(SEED_LIMIT) for _ in range(plan.batch)]
        outputs: dict[str, list[Output]] = {}
        for side in order:
            with attributed(side):
                outputs[side] = started[side].turn(seeds)
        return difference(outputs[BASE], outputs[CANDIDATE], seeds, self.workload.tolerance)


def plan_turns(track: Track, engine: str, varies: bool, value: str, starting: float) -> Plan:
    """A plan from a few calls at base, whose process took `starting` nanoseconds to start.

    A pair spends about as long on its calls as on starting its two processes: much longer,
    and more pairs would say more in the same time; much shorter, and starting would be
    most of it. Rounds come in even numbers, so that each order is taken as often as its
    reverse.
    """
    call = max(1.0, median(getattr(cost, value) for cost in track.costs))
    around = median(cost.wall_around if value == "wall" else cost.around for cost in track.costs)
    whole = call + max(0.0, around)
    if not varies:
        return Plan(batch=1, rounds=4, first_only=True, engine=engine)
    budget = min(PAIR_NS, max(LEAST_PAIR_NS, 2.0 * starting))
    batch = round(max(1.0, min(MAX_BATCH, TARGET_CALL_NS / call, budget / 10 / whole)))
    least = LEAST_ROUNDS if whole < PAIR_NS else 2
    rounds = max(least, min(MAX_ROUNDS, budget / (2 * batch * whole)))
    return Plan(batch=batch, rounds=2 * round(rounds / 2), engine=engine)
