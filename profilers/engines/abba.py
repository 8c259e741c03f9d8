"""ABBA: wall time of runs in the order A B, B A, on every core there is.

For workloads that wait, use threads or start processes: CPU time on one core
says little of these. A drift that is even over four runs falls on both alike.
"""

from __future__ import annotations

import random

from hotloop.profilers.command import AnyWorkload, CommandRun, CommandWorkload
from hotloop.profilers.engines.base import ABBA, abba_orders, attributed
from hotloop.profilers.engines.commands import CommandEngine
from hotloop.profilers.engines.starts import close
from hotloop.profilers.engines.turns import FileTurns
from hotloop.sandboxes.base import Sandbox


class AbbaCommands(CommandEngine):
    """The engine for commands that do more than compute: wall time, one after the other."""

    def runs(self) -> tuple[int, dict[str, CommandRun]]:
        found = {}
        (seed, order), started = self.starts.take()
        try:
            for side in order:
                with attributed(side):
                    self.make_ready(side, started[side])
                    started[side].go()
                    found[side] = started[side].finish()
        finally:
            close(started)
        return seed, found


def abba(
    sandboxes: dict[str, Sandbox], workload: AnyWorkload, rng: random.Random, *, varies: bool
) -> FileTurns | AbbaCommands:
    """The engine for workloads that do more than compute."""
    orders = abba_orders(rng)
    if isinstance(workload, CommandWorkload):
        return AbbaCommands(ABBA, sandboxes, workload, rng, orders, cpu=None)
    return FileTurns(ABBA, sandboxes, workload, rng, orders, varies=varies, cpu=None, value="wall")
