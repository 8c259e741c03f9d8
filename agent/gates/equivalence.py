"""Equivalence: the workload's outputs equal those of the tree it must match, on new seeds and sizes."""

from __future__ import annotations

import random

from hotloop.agent.equivalence.sizes import OtherSizes, describe, fresh_seeds, other_sizes
from hotloop.agent.gates.base import Trial, failed, passed
from hotloop.agent.state import GateResult
from hotloop.profilers.command import AnyWorkload, CommandWorkload
from hotloop.profilers.engines.base import BASE, CANDIDATE, SideFailure
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
                other = other_sizes({BASE: base, CANDIDATE: candidate}, shop.workload, rng, found)
            except SideFailure as broken:
                return failed(self.name, f"the workload broke: {broken.of_candidate()}")
        if found.difference is not None:
            return failed(self.name, describe(found.difference))
        if other.difference is not None:
            return failed(self.name, other.difference)
        seeds = RUNS if isinstance(shop.workload, CommandWorkload) else SEEDS
        facts = {
            "seeds": seeds,
            "sizes": other.compared,
            "not_compared": [*found.uncompared, *other.not_compared],
        }
        if found.nothing:
            return passed(self.name, "the workload returns nothing: output not compared", **facts)
        return passed(self.name, f"equal on {seeds} seeds, {_sizes(other)}", **facts)


def _sizes(other: OtherSizes) -> str:
    """Beyond the largest size nothing is known: whoever reads the answer must see it."""
    if not other.compared:
        return "at the workload's own size only"
    *smaller, largest = other.compared
    before = f"{', '.join(map(str, smaller))} and " if smaller else ""
    return f"at the workload's own size and at {before}{largest}"


def agreement(sandboxes: dict[str, Sandbox], workload: AnyWorkload, rng: random.Random) -> Agreement:
    if isinstance(workload, CommandWorkload):
        return agreement_of_command(sandboxes, workload, rng)
    return compare_outputs(sandboxes, workload, fresh_seeds(rng, SEEDS), rng)
