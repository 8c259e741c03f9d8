"""Which engine fits: what base and candidate are seen to do in a few calls, on every core.

Both sides are looked at. Where either waits, or works on several cores, wall time
on all cores decides, so that neither sleeping nor going parallel games a CPU clock.
"""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hotloop.errors import UsageError
from hotloop.profilers.command import AnyWorkload, CommandProcess, CommandWorkload
from hotloop.profilers.engines.abba import abba
from hotloop.profilers.engines.base import (
    ABBA,
    CO_SCHEDULED,
    PING_PONG,
    SEED_LIMIT,
    SIDES,
    SLACK_NS,
    Engine,
    attributed,
    is_waiting,
)
from hotloop.profilers.engines.coscheduled import co_scheduled
from hotloop.profilers.engines.pingpong import ping_pong
from hotloop.profilers.engines.turns import MAX_BATCH, TARGET_CALL_NS, Player
from hotloop.sandboxes.base import Process, Sandbox
from hotloop.sandboxes.environ import SINGLE_THREAD

AUTO = "auto"

PARALLEL = 1.3
"""CPU over wall time from which a call works on several cores."""

PROBE_SECONDS = 1.0
PROBE_CALLS = 3
PROBE_RUNS = 2
LOOK_SECONDS = 0.002


@dataclass(frozen=True)
class Sight:
    """One request as it was seen. delay_ns: of its wall time, how long others kept it from a core.

    extra: "" or what else than one thread was seen.
    """

    wall_ns: int
    cpu_ns: int
    delay_ns: int
    extra: str = ""


class Watch:
    """The most that a process was seen to do, between beginning and end."""

    def __init__(self, process: Process) -> None:
        self._process = process
        first = process.activity()
        self._before = self.delay_ns = first.delay_ns
        self.threads, self.processes = first.threads, first.processes
        self._done = threading.Event()

    def look(self) -> None:
        now = self._process.activity()
        self.delay_ns = max(self.delay_ns, now.delay_ns)
        self.threads = max(self.threads, now.threads)
        self.processes = max(self.processes, now.processes)

    @property
    def delayed(self) -> int:
        return self.delay_ns - self._before

    def keep_looking(self) -> None:
        while not self._done.wait(LOOK_SECONDS):
            self.look()

    def stop(self) -> None:
        self._done.set()


@contextmanager
def watched(process: Process) -> Iterator[Watch]:
    """What threads and children come and go in this block."""
    watch = Watch(process)
    thread = threading.Thread(target=watch.keep_looking)
    thread.start()
    try:
        yield watch
    finally:
        watch.stop()
        thread.join()
        watch.look()


def choose(
    wanted: str, sandboxes: dict[str, Sandbox], workload: AnyWorkload, rng: random.Random
) -> tuple[str, str]:
    """The engine's name, and why. Raises SideFailure, and UsageError for one that does not fit."""
    if wanted != AUTO:
        refuse_misfit(wanted, workload)
        return wanted, "the settings name it"
    for side in SIDES:
        with attributed(side):
            reason = more_than_computing(look_at(sandboxes[side], workload, rng))
        if reason:
            return ABBA, f"{side} {reason}"
    if isinstance(workload, CommandWorkload):
        return CO_SCHEDULED, "both commands compute, on one core at a time"
    return PING_PONG, "both sides compute, in one thread"


def refuse_misfit(name: str, workload: AnyWorkload) -> None:
    command = isinstance(workload, CommandWorkload)
    if command and name == PING_PONG:
        raise UsageError("ping-pong times Python workload files, not commands", "Use --engine co-scheduled")
    if not command and name == CO_SCHEDULED:
        raise UsageError("co-scheduled times commands, not Python workload files", "Use --engine ping-pong")


def make_engine(
    name: str,
    sandboxes: dict[str, Sandbox],
    workload: AnyWorkload,
    rng: random.Random,
    *,
    cpu: int,
    varies: bool,
) -> Engine:
    """The engine of that name. Raises UsageError for one that does not fit the workload."""
    refuse_misfit(name, workload)
    if name == ABBA:
        return abba(sandboxes, workload, rng, varies=varies)
    if isinstance(workload, CommandWorkload):
        return co_scheduled(sandboxes, workload, rng, cpu=cpu)
    return ping_pong(sandboxes, workload, rng, cpu=cpu, varies=varies)


def more_than_computing(sights: list[Sight]) -> str | None:
    """Why CPU time on one core would not do; None when it does.

    Of waiting the least is taken: a neighbour stretches many calls, not every one.
    """
    if all(is_waiting(s.wall_ns - s.delay_ns, s.cpu_ns) for s in sights):
        least = min((s.wall_ns - s.delay_ns) / max(1, s.cpu_ns) for s in sights)
        return f"waits during its calls (wall time is {least:.1f} times CPU time)"
    most = max(sights, key=lambda s: s.cpu_ns / max(1, s.wall_ns))
    if most.cpu_ns > PARALLEL * most.wall_ns and most.cpu_ns - most.wall_ns > SLACK_NS:
        return f"works on several cores (CPU time is {most.cpu_ns / most.wall_ns:.1f} times wall time)"
    return next((s.extra for s in sights if s.extra), None)


def look_at(sandbox: Sandbox, workload: AnyWorkload, rng: random.Random) -> list[Sight]:
    """A few requests of one fresh process, or a few runs. Libraries use one thread, as on one core.

    Raises WorkloadFailure.
    """
    if isinstance(workload, CommandWorkload):
        return list(_look_at_runs(sandbox, workload, rng))
    player = Player(sandbox, workload, rng.randrange(1, 1 << 32), None, env=SINGLE_THREAD)
    try:
        return list(_look_at_calls(player, rng))
    finally:
        player.worker.close()


def _look_at_calls(player: Player, rng: random.Random) -> Iterator[Sight]:
    player.turn([rng.randrange(SEED_LIMIT)])
    batch = min(MAX_BATCH, math.ceil(TARGET_CALL_NS / max(1, player.track.costs[0].wall)))
    deadline = time.monotonic() + PROBE_SECONDS
    for number in range(PROBE_CALLS):
        if number and time.monotonic() > deadline:
            return
        worker = player.worker
        worker.setup([rng.randrange(SEED_LIMIT) for _ in range(batch)])
        with watched(worker.process) as watch:
            begun, used = time.perf_counter_ns(), player.read()
            worker.call()
            wall, cpu = time.perf_counter_ns() - begun, player.read() - used
        worker.digest()
        extra = ""
        if watch.processes > 1:
            extra = f"starts child processes ({watch.processes - 1} at a time)"
        elif watch.threads > 1:
            extra = f"runs {watch.threads} threads"
        yield Sight(wall, cpu, watch.delayed, extra)


def _look_at_runs(sandbox: Sandbox, workload: CommandWorkload, rng: random.Random) -> Iterator[Sight]:
    """A command's children are its own affair, one after the other; threads in one of them are not."""
    deadline = time.monotonic() + PROBE_SECONDS
    for number in range(PROBE_RUNS):
        if number and time.monotonic() > deadline:
            return
        process = CommandProcess(
            sandbox, workload, seed=rng.randrange(SEED_LIMIT), cpu=None, env=SINGLE_THREAD
        )
        try:
            with watched(process.process) as watch:
                process.go()
                run = process.finish()
        finally:
            process.close()
        if failure := run.failure():
            raise failure
        several = watch.threads > watch.processes
        yield Sight(run.wall_ns, run.cpu_ns, run.delay_ns, "runs several threads" if several else "")
