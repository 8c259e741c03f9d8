"""Equivalence: the workload's outputs equal those of the tree it must match, on new seeds and sizes."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

from hotloop.agent.gates.base import Trial, failed, passed
from hotloop.agent.state import GateResult
from hotloop.profilers.command import AnyWorkload, CommandWorkload
from hotloop.profilers.engines.base import BASE, CANDIDATE, SEED_LIMIT, SideFailure, attributed
from hotloop.profilers.outputs import Difference
from hotloop.profilers.probe import Agreement, compare_outputs, default_size
from hotloop.profilers.probe_command import RUNS, agreement_of_command
from hotloop.sandboxes.base import ProcessTimeout, Sandbox

SEEDS = 6
FACTOR = 10
SIZE_SEEDS = 2
SIZE_SECONDS = 20.0


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
        return passed(self.name, f"equal on {seeds} seeds", **facts)


def agreement(sandboxes: dict[str, Sandbox], workload: AnyWorkload, rng: random.Random) -> Agreement:
    if isinstance(workload, CommandWorkload):
        return agreement_of_command(sandboxes, workload, rng)
    return compare_outputs(sandboxes, workload, fresh_seeds(rng), rng)


@dataclass
class OtherSizes:
    """compared: sizes on which both sides agree. not_compared: why a size could not be tried."""

    compared: list[int] = field(default_factory=list)
    difference: str | None = None
    not_compared: list[str] = field(default_factory=list)


def other_sizes(
    sandboxes: dict[str, Sandbox], workload: AnyWorkload, rng: random.Random, found: Agreement
) -> OtherSizes:
    """A tenth and ten times the size that the workload takes of itself, where it takes one.

    A size on which base fails, or one side takes too long, is listed. Raises SideFailure.
    """
    tried = OtherSizes()
    if isinstance(workload, CommandWorkload) or found.difference is not None:
        return tried
    with attributed(BASE):
        usual = workload.size or default_size(sandboxes[BASE], workload)
    for size in [] if usual is None else sorted({max(1, usual // FACTOR), usual * FACTOR} - {usual}):
        other = replace(workload, size=size, call_timeout=min(workload.call_timeout, SIZE_SECONDS))
        try:
            agreed = compare_outputs(sandboxes, other, fresh_seeds(rng)[:SIZE_SEEDS], rng)
        except SideFailure as broken:
            in_time = not isinstance(broken.failure.__cause__, ProcessTimeout)
            if broken.side == CANDIDATE and in_time:
                tried.difference = f"the workload broke at size {size}: {broken.of_candidate()}"
                return tried
            tried.not_compared.append(f"size {size}: {broken}")
            continue
        if agreed.difference is not None:
            tried.difference = f"at size {size} {describe(agreed.difference)}"
            return tried
        tried.compared.append(size)
    return tried


def fresh_seeds(rng: random.Random) -> list[int]:
    return [rng.randrange(SEED_LIMIT) for _ in range(SEEDS)]


def describe(difference: Difference) -> str:
    return f"the workload's output differs for seed {difference.seed}: {difference.what}"
