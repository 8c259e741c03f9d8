"""Ping-pong: two live processes on one core take turns, one call each, in random order.

Whatever slows the core slows both within milliseconds, so the ratio of CPU times
holds where absolute times drift by a factor of two.
"""

from __future__ import annotations

import random

from hotloop.profilers.engines.base import PING_PONG, random_orders
from hotloop.profilers.engines.turns import FileTurns
from hotloop.profilers.workload import Workload
from hotloop.sandboxes.base import Sandbox


def ping_pong(
    sandboxes: dict[str, Sandbox], workload: Workload, rng: random.Random, *, cpu: int | None, varies: bool
) -> FileTurns:
    """The engine for workload files that compute: CPU time, on one core."""
    return FileTurns(
        PING_PONG, sandboxes, workload, rng, random_orders(rng), varies=varies, cpu=cpu, value="call"
    )
