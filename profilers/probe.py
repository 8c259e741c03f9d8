"""Calls without a clock: what a workload returns, and whether two trees return the same."""

from __future__ import annotations

import random
from dataclasses import dataclass

from hotloop.profilers.engines.base import BASE, CANDIDATE, attributed
from hotloop.profilers.outputs import Difference, difference
from hotloop.profilers.workload import Output, Workload, WorkloadProcess
from hotloop.sandboxes.base import Sandbox

HASH_SEEDS = 2


@dataclass(frozen=True)
class Agreement:
    """What comparing two trees found. nothing: no call returned or raised anything."""

    difference: Difference | None
    nothing: bool
    uncompared: tuple[str, ...]


@dataclass(frozen=True)
class Character:
    """What base's outputs are like, which decides how it can be compared and timed.

    kind: the form of the workload. repeats: one seed gives one output in two
    processes with one hash seed. hash_proof: and with two hash seeds. varies:
    two seeds give two outputs. raised: the exception of the first call that
    raised. modules: how many of the repository's modules were loaded.
    """

    kind: str
    repeats: bool
    hash_proof: bool
    varies: bool
    nothing: bool
    raised: str | None
    uncompared: tuple[str, ...]
    modules: int


@dataclass(frozen=True)
class Sighting:
    """What one fresh process gave."""

    outputs: list[Output]
    kind: str
    modules: int
    uncompared: frozenset[str]


def sight(sandbox: Sandbox, workload: Workload, seeds: list[int], hash_seed: int) -> Sighting:
    """One call a seed in one fresh process. Raises WorkloadFailure."""
    worker = WorkloadProcess(sandbox, workload, hash_seed=hash_seed, cpu=None)
    try:
        kind = worker.load()
        found = []
        for seed in seeds:
            worker.setup([seed])
            worker.call()
            found.extend(worker.digest(thorough=True))
        return Sighting(found, kind, worker.check_loaded(), frozenset(worker.uncompared))
    finally:
        worker.close()


def compare_outputs(
    sandboxes: dict[str, Sandbox], workload: Workload, seeds: list[int], rng: random.Random
) -> Agreement:
    """Both sides on the same seeds, under several hash seeds. Raises SideFailure."""
    uncompared: set[str] = set()
    nothing = True
    for _ in range(HASH_SEEDS):
        hash_seed = rng.randrange(1, 1 << 32)
        found: dict[str, Sighting] = {}
        for side, sandbox in sandboxes.items():
            with attributed(side):
                found[side] = sight(sandbox, workload, seeds, hash_seed)
            uncompared |= found[side].uncompared
        nothing = nothing and all(output.nothing for output in found[BASE].outputs)
        differs = difference(found[BASE].outputs, found[CANDIDATE].outputs, seeds, workload.tolerance)
        if differs is not None:
            return Agreement(differs, nothing, tuple(sorted(uncompared)))
    return Agreement(None, nothing, tuple(sorted(uncompared)))


def default_size(sandbox: Sandbox, workload: Workload) -> int | None:
    """The size that `setup(seed, size)` takes of itself; None without one. Raises WorkloadFailure."""
    worker = WorkloadProcess(sandbox, workload, hash_seed=1, cpu=None)
    try:
        worker.load()
        return worker.default_size
    finally:
        worker.close()


def character(sandbox: Sandbox, workload: Workload, rng: random.Random) -> Character:
    """Three fresh processes of base: two alike, one with another hash seed. Raises WorkloadFailure."""
    seeds = rng.sample(range(1 << 31), 3)
    first_hash, second_hash = rng.sample(range(1, 1 << 32), 2)
    sighting = sight(sandbox, workload, seeds, first_hash)
    first = sighting.outputs
    again = sight(sandbox, workload, seeds, first_hash).outputs
    other = sight(sandbox, workload, seeds, second_hash).outputs
    return Character(
        kind=sighting.kind,
        repeats=difference(first, again, seeds, workload.tolerance) is None,
        hash_proof=difference(first, other, seeds, workload.tolerance) is None,
        varies=len({(output.digest, output.floats) for output in first}) > 1,
        nothing=all(output.nothing for output in first),
        raised=next((output.raised for output in first if output.raised), None),
        uncompared=tuple(sorted(sighting.uncompared)),
        modules=sighting.modules,
    )
