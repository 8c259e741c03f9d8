"""Live workers that take turns, one request each: how workload files are measured.

Several fresh process pairs are taken, since hash seed and address layout differ
between processes. The clock is the sandbox's, read from outside between two
requests. Which core, and who goes first, is the engine's to say.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from hotloop.profilers.engines.base import BASE, CANDIDATE, SEED_LIMIT, SIDES, Plan, ProcessPair, attributed
from hotloop.profilers.engines.looking import Look
from hotloop.profilers.engines.players import (
    MAX_BATCH,
    TARGET_CALL_NS,
    Player,
    WorkerStarts,
    look_at_calls,
    players,
    worker_starts,
)
from hotloop.profilers.outputs import Difference, difference
from hotloop.profilers.workload import Output, Workload, WorkloadFailure
from hotloop.sandboxes.base import Sandbox

PAIR_NS = 1e9
"""The most time that one process pair spends on its calls: by then its median has settled."""

LEAST_PAIR_NS = 1.5e8
"""The least: below it the noise within a pair outweighs that between pairs."""

LEAST_ROUNDS = 6
MAX_ROUNDS = 30


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

    @cached_property
    def starts(self) -> WorkerStarts:
        return worker_starts(self.sandboxes, self.workload, self.rng, self.cpu)

    def plan(self, seen: Mapping[str, Look]) -> Plan:
        look = seen.get(BASE)
        if look is None:
            with attributed(BASE):
                look = look_at_calls(self.sandboxes[BASE], self.workload, self.rng)
        return plan_turns(look, self.name, self.varies, self.value)

    def close(self) -> None:
        self.starts.close()

    def play(self, plan: Plan) -> ProcessPair:
        with players(self.starts) as started:
            self.starts.prepare({side: player.worker for side, player in started.items()})
            found: Difference | None = None
            for _, order in zip(range(plan.rounds), self.orders, strict=False):
                differs = self._round(started, plan, order)
                found = found or differs
            for side in SIDES:
                with attributed(side):
                    started[side].worker.check_loaded()
            self._check_stayed(started)
            unknown = set.union(*(player.worker.uncompared for player in started.values()))
            return ProcessPair(
                tracks={side: started[side].finish() for side in SIDES},
                difference=found,
                uncompared=tuple(sorted(unknown)),
                clock=started[BASE].worker.process.clock,
            )

    def _check_stayed(self, started: dict[str, Player]) -> None:
        """Elsewhere a candidate is spared what slows base. What base does as well is no trick."""
        moved = {side: player.moves() > 0 for side, player in started.items()}
        if self.cpu is not None and moved[CANDIDATE] and not moved[BASE]:
            with attributed(CANDIDATE):
                raise WorkloadFailure("call", "it left the core that it was to be measured on")

    def _round(self, started: dict[str, Player], plan: Plan, order: list[str]) -> Difference | None:
        seeds = [self.rng.randrange(SEED_LIMIT) for _ in range(plan.batch)]
        outputs: dict[str, list[Output]] = {}
        for side in order:
            with attributed(side):
                outputs[side] = started[side].turn(seeds)
        return difference(outputs[BASE], outputs[CANDIDATE], seeds, self.workload.tolerance)


def plan_turns(look: Look, engine: str, varies: bool, value: str) -> Plan:
    """A plan from a few calls at base.

    A pair spends about as long on its calls as it takes to start two processes, which
    is when the next two are ready: much longer, and more pairs would say more in the same
    time; much shorter, and starting would be most of it. Rounds come in even numbers, so
    that each order is taken as often as its reverse.
    """
    if not varies:
        return Plan(batch=1, rounds=4, first_only=True, engine=engine)
    call = max(1.0, median(getattr(cost, value) for cost in look.costs) / look.batch)
    around = median(cost.wall_around if value == "wall" else cost.around for cost in look.costs) / look.batch
    whole = call + max(0.0, around)
    budget = min(PAIR_NS, max(LEAST_PAIR_NS, 2.0 * look.starting))
    batch = round(max(1.0, min(MAX_BATCH, TARGET_CALL_NS / call, budget / 10 / whole)))
    least = LEAST_ROUNDS if whole < PAIR_NS else 2
    rounds = max(least, min(MAX_ROUNDS, budget / (2 * batch * whole)))
    return Plan(batch=batch, rounds=2 * round(rounds / 2), engine=engine)
