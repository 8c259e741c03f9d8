"""Equivalence: the workload's outputs equal those of the tree it must match, on fresh seeds."""

from __future__ import annotations

import random

from hotloop.agent.gates.base import Trial, failed, passed
from hotloop.agent.state import GateResult
from hotloop.profilers.engines.base import BASE, CANDIDATE, SEED_LIMIT, SideFailure
from hotloop.profilers.outputs import Difference
from hotloop.profilers.probe import compare_outputs

SEEDS = 6


class EquivalenceGate:
    """Fresh processes of both sides, under two hash seeds, with the differing value shown."""

    name = "equivalence"

    def check(self, trial: Trial) -> GateResult:
        rng = trial.rng(self.name)
        shop = trial.workshop
        with shop.sandbox(trial.against) as base, shop.sandbox(trial.tree) as candidate:
            try:
                found = compare_outputs(
                    {BASE: base, CANDIDATE: candidate}, shop.workload, fresh_seeds(rng), rng
                )
            except SideFailure as broken:
                if broken.side == BASE:
                    raise broken.as_infrastructure() from broken
                return failed(self.name, f"the workload broke: {broken.failure}")
        if found.difference is not None:
            return failed(self.name, describe(found.difference))
        facts = {"seeds": SEEDS, "not_compared": list(found.uncompared)}
        if found.nothing:
            return passed(self.name, "the workload returns nothing: output not compared", **facts)
        return passed(self.name, f"equal on {SEEDS} seeds", **facts)


def fresh_seeds(rng: random.Random) -> list[int]:
    return [rng.randrange(SEED_LIMIT) for _ in range(SEEDS)]


def describe(difference: Difference) -> str:
    return f"the workload's output differs for seed {difference.seed}: {difference.what}"
