"""Co-scheduled: both commands start together on one core, and the kernel interleaves them.

Every few milliseconds the other one runs, so that whatever slows the core slows
both alike; their CPU times are compared.
"""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace

from hotloop.profilers.command import CommandRun, CommandWorkload
from hotloop.profilers.engines.base import CO_SCHEDULED, SIDES, attributed, random_orders
from hotloop.profilers.engines.commands import CommandEngine
from hotloop.profilers.engines.starts import close
from hotloop.sandboxes.base import Sandbox


class CoScheduled(CommandEngine):
    """The engine for commands that compute: CPU time, on one core."""

    def runs(self) -> tuple[int, dict[str, CommandRun]]:
        (seed, order), started = self.starts.take()
        with ExitStack() as stack, ThreadPoolExecutor(len(SIDES)) as pool:
            stack.callback(close, started)
            for side in order:
                self.make_ready(side, started[side])
            for side in order[::-1]:
                started[side].go()
            self.starts.prepare(started)
            waiting = {side: pool.submit(started[side].finish) for side in order}
            found = {}
            for side in order:
                with attributed(side):
                    found[side] = waiting[side].result()
        return seed, apart(found)


def co_scheduled(
    sandboxes: dict[str, Sandbox], workload: CommandWorkload, rng: random.Random, *, cpu: int | None
) -> CoScheduled:
    return CoScheduled(CO_SCHEDULED, sandboxes, workload, rng, random_orders(rng), cpu)


def apart(runs: dict[str, CommandRun]) -> dict[str, CommandRun]:
    """With the wall time that each would have taken alone on an idle core.

    That is what it took less the time that it was ready and another ran. Where the kernel does
    not count this, less the other's CPU time: of the later one's, as much as fits is
    taken to lie after the earlier one's end.
    """
    if all(run.delay_ns for run in runs.values()):
        kept = {side: run.delay_ns for side, run in runs.items()}
    else:
        early, late = sorted(runs, key=lambda side: runs[side].ended_ns)
        alone = min(runs[late].cpu_ns, runs[late].ended_ns - runs[early].ended_ns)
        kept = {early: runs[late].cpu_ns - alone, late: runs[early].cpu_ns}
    return {
        side: replace(run, wall_ns=max(run.cpu_ns, run.wall_ns - kept[side]), delay_ns=0)
        for side, run in runs.items()
    }
