"""Co-scheduled: both commands start together on one core, and the kernel interleaves them.

Every few milliseconds the other one runs, so that whatever slows the core slows
both alike; their CPU times are compared.
"""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from hotloop.profilers.command import CommandProcess, CommandRun, CommandWorkload
from hotloop.profilers.engines.base import CO_SCHEDULED, SIDES, attributed, random_orders
from hotloop.profilers.engines.commands import CommandEngine
from hotloop.sandboxes.base import Sandbox


class CoScheduled(CommandEngine):
    """The engine for commands that compute: CPU time, on one core."""

    def runs(self, order: list[str], seed: int) -> tuple[dict[str, CommandRun], dict[str, int]]:
        with ExitStack() as stack, ThreadPoolExecutor(len(SIDES)) as pool:
            started: dict[str, CommandProcess] = {}
            for side in order:
                started[side] = self.at_start(side, seed)
                stack.callback(started[side].close)
            for side in order[::-1]:
                started[side].go()
            waiting = {side: pool.submit(started[side].finish) for side in order}
            found = {}
            for side in order:
                with attributed(side):
                    found[side] = waiting[side].result()
        return found, apart(found)


def co_scheduled(
    sandboxes: dict[str, Sandbox], workload: CommandWorkload, rng: random.Random, *, cpu: int | None
) -> CoScheduled:
    return CoScheduled(CO_SCHEDULED, sandboxes, workload, rng, random_orders(rng), cpu)


def apart(runs: dict[str, CommandRun]) -> dict[str, int]:
    """Wall nanoseconds that each would have taken without the other: its own less what the other used.

    Of the later one's CPU time, as much as fits is taken to lie after the earlier one's end.
    """
    early, late = sorted(runs, key=lambda side: runs[side].ended_ns)
    alone = min(runs[late].cpu_ns, runs[late].ended_ns - runs[early].ended_ns)
    return {
        early: max(runs[early].cpu_ns, runs[early].wall_ns - (runs[late].cpu_ns - alone)),
        late: max(runs[late].cpu_ns, runs[late].wall_ns - runs[early].cpu_ns),
    }
