"""Commands in pairs: what the engines that run them share."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from statistics import median

from hotloop.profilers.command import (
    STDOUT,
    CommandProcess,
    CommandRun,
    CommandWorkload,
    bytecode_of,
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
from hotloop.profilers.outputs import difference
from hotloop.sandboxes.base import Sandbox

BLOCK_NS = 4e8
"""Time that one process pair of short commands spends: several runs, of which the median counts.
Each run is a fresh process, so that more of them in a pair say no more than more pairs do."""

MAX_ROUNDS = 8
STARTUP_ROUNDS = 2


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
    def runs(self, order: list[str], seed: int) -> dict[str, CommandRun]:
        """One run on each side."""

    def plan(self) -> Plan:
        seeds = [self.rng.randrange(SEED_LIMIT) for _ in range(2)]
        with ThreadPoolExecutor(len(SIDES)) as pool:  # nothing is timed yet
            compiling = {
                side: pool.submit(bytecode_of, self.sandboxes[side], self.workload, seeds[0])
                for side in SIDES
            }
        for side in SIDES:
            with attributed(side):
                self._bytecode[side] = compiling[side].result()
        first, again = (self._at_base(seeds[1]) for _ in range(2))
        cost = max(1.0, median(max(run.cpu_ns, run.wall_ns) for run in (first, again)))
        return Plan(
            batch=1,
            rounds=round(max(1.0, min(MAX_ROUNDS, BLOCK_NS / (2 * cost)))),
            engine=self.name,
            compared=first.stdout == again.stdout,
            startup_ns=self._startup(),
        )

    def play(self, plan: Plan) -> ProcessPair:
        tracks = {side: Track(load=0) for side in SIDES}
        found = None
        process = None
        for _, order in zip(range(plan.rounds), self.orders, strict=False):
            seed = self.rng.randrange(SEED_LIMIT)
            runs = self.runs(order, seed)
            for side, run in runs.items():
                tracks[side].costs.append(Cost(0, run.cpu_ns, 0, 0, wall=run.wall_ns, delay=run.delay_ns))
                tracks[side].peak_memory = max(tracks[side].peak_memory, run.peak_memory)
            outputs = {side: [run.output(plan.compared)] for side, run in runs.items()}
            found = found or difference(outputs[BASE], outputs[CANDIDATE], [seed], 0.0)
            process = runs[BASE]
        assert process is not None
        return ProcessPair(tracks, found, () if plan.compared else (STDOUT,), clock=process.clock)

    def at_start(self, side: str, seed: int) -> CommandProcess:
        """That side's command, ready to go."""
        return CommandProcess(
            self.sandboxes[side],
            self.workload,
            seed=seed,
            cpu=self.cpu,
            bytecode=self._bytecode.get(side, b""),
        )

    def _at_base(self, seed: int) -> CommandRun:
        """A run that must succeed."""
        with attributed(BASE):
            run = run_once(
                self.sandboxes[BASE], self.workload, seed=seed, cpu=self.cpu, bytecode=self._bytecode[BASE]
            )
            if failure := run.failure():
                raise failure
        return run

    def _startup(self) -> float | None:
        """CPU nanoseconds of the interpreter that does nothing, measured as the command will be."""
        command = startup_of(self.workload.command)
        if command is None:
            return None
        engine = replace(self, workload=replace(self.workload, command=command))
        runs = [engine.runs(next(self.orders), 0) for _ in range(STARTUP_ROUNDS)]
        return median(run.cpu_ns for pair in runs for run in pair.values())
