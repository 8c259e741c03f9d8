"""What a command prints, and whether two trees print the same."""

from __future__ import annotations

import random

from hotloop.profilers.command import STDOUT, CommandRun, CommandWorkload, run_once
from hotloop.profilers.engines.base import BASE, CANDIDATE, attributed
from hotloop.profilers.outputs import difference
from hotloop.profilers.probe import Agreement, Character
from hotloop.sandboxes.base import Sandbox

RUNS = 3
"""Of the candidate: each is a whole program, and each measured one is compared, too."""


def character_of_command(sandbox: Sandbox, workload: CommandWorkload, rng: random.Random) -> Character:
    """Three runs of base: two alike, one with another seed. Raises WorkloadFailure unless all succeed."""
    one, other = rng.sample(range(1 << 31), 2)
    first, again, third = (_succeeding(sandbox, workload, seed) for seed in (one, one, other))
    repeats = first.stdout == again.stdout
    return Character(
        kind="command",
        repeats=repeats,
        hash_proof=True,
        varies=first.stdout != third.stdout,
        nothing=not (first.stdout or again.stdout),
        raised=None,
        uncompared=() if repeats else (STDOUT,),
        modules=0,
    )


def _succeeding(sandbox: Sandbox, workload: CommandWorkload, seed: int) -> CommandRun:
    run = run_once(sandbox, workload, seed=seed)
    if failure := run.failure():
        raise failure
    return run


def agreement_of_command(
    sandboxes: dict[str, Sandbox], workload: CommandWorkload, rng: random.Random
) -> Agreement:
    """Both sides on the same seeds; base twice on the first. Raises SideFailure."""
    repeats, nothing = True, True
    for number in range(RUNS):
        seed = rng.randrange(1 << 31)
        with attributed(BASE):
            before = _succeeding(sandboxes[BASE], workload, seed)
            if number == 0:
                repeats = before.stdout == _succeeding(sandboxes[BASE], workload, seed).stdout
        with attributed(CANDIDATE):
            after = run_once(sandboxes[CANDIDATE], workload, seed=seed)
        nothing = nothing and not before.stdout
        found = difference([before.output(repeats)], [after.output(repeats)], [seed], 0.0)
        if found is not None:
            return Agreement(found, nothing, ())
    return Agreement(None, nothing, () if repeats else (STDOUT,))
