"""The workload at a tenth of its size, at ten times, and as large as time allows."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from hotloop.profilers.command import AnyWorkload, CommandWorkload
from hotloop.profilers.engines.base import BASE, CANDIDATE, SEED_LIMIT, SideFailure, attributed
from hotloop.profilers.outputs import Difference
from hotloop.profilers.probe import Agreement, compare_outputs, default_size
from hotloop.profilers.workload import Workload
from hotloop.sandboxes.base import ProcessTimeout, Sandbox

FACTOR = 10
SEEDS = 2
CALL_SECONDS = 20.0
LARGEST_SECONDS = 10.0
"""What the largest size may take, were the cost to grow with its square."""
LARGEST = 100
"""Times the usual size, at most."""
WORTH = 1.5
"""Times the size before it, below which a larger one tells nothing new."""


@dataclass
class OtherSizes:
    """compared: sizes on which both sides agree. not_compared: why a size could not be tried."""

    compared: list[int] = field(default_factory=list)
    difference: str | None = None
    not_compared: list[str] = field(default_factory=list)


def other_sizes(
    sandboxes: dict[str, Sandbox], workload: AnyWorkload, rng: random.Random, found: Agreement
) -> OtherSizes:
    """Compare at other sizes than the one that the workload takes of itself, where it takes one.

    A size on which base fails, or one side takes too long, is listed. Raises SideFailure.
    """
    tried = OtherSizes()
    if isinstance(workload, CommandWorkload) or found.difference is not None:
        return tried
    with attributed(BASE):
        usual = workload.size or default_size(sandboxes[BASE], workload)
    if usual is None:
        return tried
    for size in sorted({max(1, usual // FACTOR), usual * FACTOR} - {usual}):
        begun = time.monotonic()
        _try_size(sandboxes, workload, size, rng, tried)
        if tried.difference is not None:
            return tried
    for size in larger(usual, time.monotonic() - begun, rng) if usual * FACTOR in tried.compared else ():
        _try_size(sandboxes, workload, size, rng, tried)
    return tried


def larger(usual: int, seconds: float, rng: random.Random) -> Iterator[int]:
    """Another size, if there is time for it: `seconds` is what ten times the usual took.

    Drawn a little smaller than could be, so that no candidate knows where it ends.
    """
    most = min(LARGEST / FACTOR, math.sqrt(LARGEST_SECONDS / seconds))
    if most > WORTH:
        yield round(usual * FACTOR * most * rng.uniform(0.9, 1.0))


def _try_size(
    sandboxes: dict[str, Sandbox], workload: Workload, size: int, rng: random.Random, tried: OtherSizes
) -> None:
    other = replace(workload, size=size, call_timeout=min(workload.call_timeout, CALL_SECONDS))
    try:
        agreed = compare_outputs(sandboxes, other, fresh_seeds(rng, SEEDS), rng)
    except SideFailure as broken:
        in_time = not isinstance(broken.failure.__cause__, ProcessTimeout)
        if broken.side == CANDIDATE and in_time:
            tried.difference = f"the workload broke at size {size}: {broken.of_candidate()}"
        else:
            tried.not_compared.append(f"size {size}: {broken}")
        return
    if agreed.difference is not None:
        tried.difference = f"at size {size} {describe(agreed.difference)}"
    else:
        tried.compared.append(size)


def fresh_seeds(rng: random.Random, count: int) -> list[int]:
    return [rng.randrange(SEED_LIMIT) for _ in range(count)]


def describe(difference: Difference) -> str:
    return f"the workload's output differs for seed {difference.seed}: {difference.what}"
