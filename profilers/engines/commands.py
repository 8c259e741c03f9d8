"""Commands in pairs: what the engines that run them share."""

from __future__ import annotations

import random
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cached_property
from statistics import median

from hotloop.profilers.command import (
    STDOUT,
    CommandProcess,
    CommandRun,
    CommandWorkload,
    compiled_modules,
    run_once,
    startup_of,
)
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
)
from hotloop.profilers.engines.looking import PROBE_SECONDS, Look, Sight, Watch
from hotloop.profilers.engines.starts import Starts
from hotloop.profilers.outputs import difference
from hotloop.sandboxes.base import Sandbox
from hotloop.sandboxes.environ import SINGLE_THREAD

BLOCK_NS = 4e8
"""Time that one process pair of short commands spends: several runs, of which the median counts.
Each run is a fresh process, so that more of them in a pair say no more than more pairs do."""

MAX_ROUNDS = 8
STARTUP_ROUNDS = 2
PROBE_RUNS = 2


@dataclass
class CommandEngine(ABC):
    """See `Engine`. cpu: the core that both commands stay on; None for any."""

    name: str
    sandboxes: dict[str, Sandbox]
    workload: CommandWorkload
    rng: random.Random
    orders: Iterator[list[str]]
    cpu: int | None
    _bytecode: dict[str, bytes] = field(default_factory=dict)

    @abstractmethod
    def runs(self) -> tuple[int, dict[str, CommandRun]]:
        """One run on each side, and the seed of both."""

    def plan(self, seen: Mapping[str, Look]) -> Plan:
        look = self._run_both(seen)
        with ThreadPoolExecutor(len(SIDES)) as pool:  # nothing is timed yet
            self._bytecode = dict(zip(SIDES, pool.map(self._compile, SIDES), strict=True))
        cost = max(1.0, median(max(cost.call, cost.wall) for cost in look.costs))
        return Plan(
            batch=1,
            rounds=round(max(1.0, min(MAX_ROUNDS, BLOCK_NS / (2 * cost)))),
            engine=self.name,
            compared=look.repeats,
            startup_ns=self._startup(),
        )

    def close(self) -> None:
        self.starts.close()

    def _run_both(self, seen: Mapping[str, Look]) -> Look:
        """A look at base; where `seen` lacks them, both have run at least once afterwards, on one seed."""
        seed = self.rng.randrange(SEED_LIMIT)
        if CANDIDATE not in seen:
            with attributed(CANDIDATE):
                run_once(self.sandboxes[CANDIDATE], self.workload, seed=seed)
        with attributed(BASE):
            return seen.get(BASE) or look_at_runs(self.sandboxes[BASE], self.workload, seed)

    def _compile(self, side: str) -> bytes:
        return compiled_modules(self.sandboxes[side], self.workload)

    def play(self, plan: Plan) -> ProcessPair:
        tracks = {side: Track(load=0) for side in SIDES}
        found = None
        process = None
        for _ in range(plan.rounds):
            seed, runs = self.runs()
            for side, run in runs.items():
                tracks[side].costs.append(Cost(0, run.cpu_ns, 0, 0, wall=run.wall_ns, delay=run.delay_ns))
                tracks[side].peak_memory = max(tracks[side].peak_memory, run.peak_memory)
            outputs = {side: [run.output(plan.compared)] for side, run in runs.items()}
            found = found or difference(outputs[BASE], outputs[CANDIDATE], [seed], 0.0)
            process = runs[BASE]
        assert process is not None
        return ProcessPair(tracks, found, () if plan.compared else (STDOUT,), clock=process.clock)

    @cached_property
    def starts(self) -> Starts[CommandProcess]:
        def start(side: str, seed: int, cpu: int | None) -> CommandProcess:
            return CommandProcess(self.sandboxes[side], self.workload, seed=seed, cpu=cpu, env=env)

        env = None if self.cpu is None else SINGLE_THREAD
        return Starts(start, lambda: (self.rng.randrange(SEED_LIMIT), next(self.orders)), self.cpu)

    def make_ready(self, side: str, process: CommandProcess) -> None:
        process.make_ready(self._bytecode.get(side, b""))

    def _startup(self) -> float | None:
        """CPU nanoseconds of the interpreter that does nothing, measured as the command will be."""
        command = startup_of(self.workload.command)
        if command is None:
            return None
        with closing(replace(self, workload=replace(self.workload, command=command))) as engine:
            runs = [engine.runs()[1] for _ in range(STARTUP_ROUNDS)]
        return median(run.cpu_ns for pair in runs for run in pair.values())


def look_at_runs(sandbox: Sandbox, workload: CommandWorkload, seed: int) -> Look:
    """A few runs with one seed, on every core, which must succeed. Raises WorkloadFailure.

    Its children are its own affair, one after the other; threads in one of them are not.
    """
    deadline = time.monotonic() + PROBE_SECONDS
    sights: list[Sight] = []
    runs: list[CommandRun] = []
    while len(runs) < PROBE_RUNS and (not runs or time.monotonic() < deadline):
        process = CommandProcess(sandbox, workload, seed=seed, cpu=None, env=SINGLE_THREAD)
        try:
            process.make_ready()
            with Watch(process.process) as watch:
                process.go()
                run = process.finish()
        finally:
            process.close()
        if failure := run.failure():
            raise failure
        several = "runs several threads" if watch.threads > watch.processes else ""
        sights.append(Sight(run.wall_ns, run.cpu_ns, run.delay_ns, several))
        runs.append(run)
    costs = tuple(Cost(0, run.cpu_ns, 0, 0, wall=run.wall_ns, delay=run.delay_ns) for run in runs)
    return Look(tuple(sights), costs, repeats=all(run.stdout == runs[0].stdout for run in runs))
