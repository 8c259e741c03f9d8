"""Equivalence: the workload's outputs equal those of the tree it must match, on fresh seeds."""

from __future__ import annotations

import random

from hotloop.agent.gates.base import Trial, failed, passed
from hotloop.agent.state import GateResult
from hotloop.profilers.command import AnyWorkload, CommandWorkload
from hotloop.profilers.engines.base import BASE, CANDIDATE, SEED_LIMIT, SideFailure
from hotloop.profilers.outputs import Difference
from hotloop.profilers.probe import Agreement, compare_outputs
from hotloop.profilers.probe_command import RUNS, agreement_of_command
from hotloop.sandboxes.base import Sandbox

SEEDS = 6


class EquivalenceGate:
    """Fresh processes of both sides, under two hash seeds, with the differing value shown."""

    name = "equivalence"

    def check(self, trial: Trial) -> GateResult:
        rng = trial.rng(self.name)
        shop = trial.workshop
        with shop.sandbox(trial.against) as base, shop.sandbox(trial.tree) as candidate:
            try:
                found = agreement({BASE: base, CANDIDATE: candidate}, shop.workload, rng)
            except SideFailure as broken:
                if broken.side == BASE:
                    raise broken.as_infrastructure() from broken
                return failed(self.name, f"the workload broke: {broken.failure}")
        if found.difference is not None:
            return failed(self.name, describe(found.difference))
        seeds = RUNS if isinstance(shop.workload, CommandWorkload) else SEEDS
        facts = {"seeds": seeds, "not_compared": list(found.uncompared)}
        if found.nothing:
            return passed(self.name, "the workload returns nothing: output not compared", **facts)
        return passed(self.name, f"equal on {seeds} seeds", **facts)


def agreement(sandboxes: dict[str, Sandbox], workload: AnyWorkload, rng: random.Random) -> Agreement:
    if isinstance(workload, CommandWorkload):
        return agreement_of_command(sandboxes, workload, rng)
    return compare_outputs(sandboxes, workload, fresh_seeds(rng), rng)


def fresh_seeds(rng: random.Random) -> list[int]:
    return [rng.randrange(SEED_LIMIT) for _ in range(SEEDS)]


def describe(difference: Difference) -> str:
    return f"the workload's output differs for seed {difference.seed}: {difference.what}"
