"""One side's live process and its account of CPU time."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import pairwise

from hotloop.profilers.engines.base import (
    SEED_LIMIT,
    Cost,
    Track,
    attributed,
    shuffled,
)
from hotloop.profilers.engines.looking import PROBE_SECONDS, Look, Sight, Watch
from hotloop.profilers.engines.starts import Starts, close
from hotloop.profilers.workload import Output, Workload, WorkloadProcess
from hotloop.sandboxes.base import Sandbox
from hotloop.sandboxes.environ import SINGLE_THREAD

TARGET_CALL_NS = 5e6
"""A timed call lasts at least about this long: shorter ones are batched, so that a
few microseconds of pipe and clock cost less than a tenth of a per cent."""

MAX_BATCH = 64
PROBE_CALLS = 3
UNWATCHED = nullcontext()

WorkerStarts = Starts[WorkloadProcess]


class Player:
    """One side's process with its running account of CPU time."""

    def __init__(self, worker: WorkloadProcess) -> None:
        self.worker = worker
        self.read = worker.process.cpu_ns
        self._last = 0
        self._moves = 0
        self.track = Track(load=0)

    def load(self) -> None:
        """What of the target is imported is the first thing on its account."""
        self.worker.ready()
        self._moves = self.worker.process.migrations()  # the one to this core is behind it
        start = self.read()
        self.worker.load()
        self._last = self.read()
        self.track.load = self._last - start

    def turn(self, seeds: list[int], watch: AbstractContextManager[object] = UNWATCHED) -> list[Output]:
        """One timed request, with its phases accounted apart. watch: entered around the call."""
        begun, clock = self.read(), [time.perf_counter_ns()]
        self.worker.setup(seeds)
        clock.append(time.perf_counter_ns())
        delayed = self.worker.process.activity().delay_ns
        with watch:
            ready = self.read()
            clock.append(time.perf_counter_ns())
            self.worker.call()
            clock.append(time.perf_counter_ns())
            called = self.read()
        delayed = self.worker.process.activity().delay_ns - delayed
        clock.append(time.perf_counter_ns())
        outputs = self.worker.digest()
        clock.append(time.perf_counter_ns())
        digested = self.read()
        setup, _, call, _, digest = (later - earlier for earlier, later in pairwise(clock))
        self.track.costs.append(
            Cost(
                setup=ready - begun,
                call=called - ready,
                digest=digested - called,
                idle=begun - self._last,
                wall=call,
                wall_around=setup + digest,
                delay=delayed,
            )
        )
        self._last = digested
        return outputs

    def moves(self) -> int:
        """How often it has left the core it was on since it loaded the target."""
        return self.worker.process.migrations() - self._moves

    def finish(self) -> Track:
        self.track.children = self.worker.process.has_children()
        self.track.peak_memory = self.worker.process.peak_memory()
        return self.track


def worker_starts(
    sandboxes: Mapping[str, Sandbox], workload: Workload, rng: random.Random, cpu: int | None
) -> WorkerStarts:
    """Workers with one hash seed a pair, in random order, on core `cpu`; None for any."""

    def start(side: str, hash_seed: int, cpu: int | None) -> WorkloadProcess:
        return WorkloadProcess(sandboxes[side], workload, hash_seed=hash_seed, cpu=cpu, env=env)

    env = None if cpu is None else SINGLE_THREAD
    return Starts(start, lambda: (rng.randrange(1, 1 << 32), shuffled(rng)), cpu)


@contextmanager
def players(starts: WorkerStarts) -> Iterator[dict[str, Player]]:
    """The next pair, loaded, in the order in which they were started."""
    _, started = starts.take()
    try:
        found = {side: Player(worker) for side, worker in started.items()}
        for side, player in found.items():
            with attributed(side):
                player.load()
        yield found
    finally:
        close(started)


def look_at_calls(sandbox: Sandbox, workload: Workload, rng: random.Random) -> Look:
    """A few requests of one fresh process, libraries in one thread as on one core. Raises WorkloadFailure."""
    begun = time.perf_counter_ns()
    hash_seed = rng.randrange(1, 1 << 32)
    player = Player(WorkloadProcess(sandbox, workload, hash_seed=hash_seed, cpu=None, env=SINGLE_THREAD))
    try:
        player.load()
        starting = time.perf_counter_ns() - begun
        player.turn([rng.randrange(SEED_LIMIT)])
        (first,) = player.track.costs
        batch = min(MAX_BATCH, math.ceil(TARGET_CALL_NS / max(1, first.wall)))
        sights = tuple(_sights(player, batch, rng))
        return Look(sights, tuple(player.track.costs[1:]), batch=batch, starting=starting)
    finally:
        player.worker.close()


def _sights(player: Player, batch: int, rng: random.Random) -> Iterator[Sight]:
    deadline = time.monotonic() + PROBE_SECONDS
    for number in range(PROBE_CALLS):
        if number and time.monotonic() > deadline:
            return
        watch = Watch(player.worker.process)
        player.turn([rng.randrange(SEED_LIMIT) for _ in range(batch)], watch)
        cost, extra = player.track.costs[-1], ""
        if watch.processes > 1:
            extra = f"starts child processes ({watch.processes - 1} at a time)"
        elif watch.threads > 1:
            extra = f"runs {watch.threads} threads"
        yield Sight(cost.wall, cost.call, watch.delayed, extra)
