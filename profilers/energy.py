"""Joules that base and candidate take, from the processor's own meter (RAPL), where it can be read.

The meter is one for a whole package and counts what neighbours use too, so turns of a
few milliseconds on one core cannot be told apart: the two run in alternating blocks.
Counters: https://docs.kernel.org/power/powercap/powercap.html
"""

from __future__ import annotations

import math
import random
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hotloop.profilers.core import reserved_core
from hotloop.profilers.engines.base import BASE, CANDIDATE, SEED_LIMIT, abba_orders, attributed
from hotloop.profilers.engines.players import MAX_BATCH, Player, players, worker_starts
from hotloop.profilers.errors import ProfilerError
from hotloop.profilers.ratios import interval_of
from hotloop.profilers.verdict import Energy, Verdict
from hotloop.profilers.workload import Workload
from hotloop.sandboxes.base import Sandbox

POWERCAP = Path("/sys/class/powercap")
PACKAGE = re.compile(r"intel-rapl:\d+\Z")
"""Whole packages: `intel-rapl:0:0` is a part of `intel-rapl:0`."""

BLOCK_SECONDS = 0.5
"""A block: the meter moves about every millisecond, so a block is read to 0.2 per cent."""

BLOCKS = 8


class NoMeter(ProfilerError):
    """Energy cannot be read here; the message says why."""


@dataclass(frozen=True)
class Meter:
    """Counters of all packages. files: `energy_uj` and what it wraps at, in microjoules."""

    files: tuple[tuple[Path, int], ...]

    def read(self) -> tuple[int, ...]:
        """Raises NoMeter."""
        try:
            return tuple(int(file.read_text()) for file, _ in self.files)
        except (OSError, ValueError) as error:
            raise NoMeter(f"the energy counter cannot be read: {error}") from error

    def joules(self, before: Sequence[int], after: Sequence[int]) -> float:
        """Between two readings less than one turn of a counter apart."""
        moved = (
            (end - start) % (largest + 1)
            for start, end, (_, largest) in zip(before, after, self.files, strict=True)
        )
        return sum(moved) / 1e6


def find_meter(root: Path = POWERCAP) -> Meter:
    """Raises NoMeter where there are no counters, or only root may read them."""
    packages = sorted(path for path in root.glob("intel-rapl:*") if PACKAGE.match(path.name))
    if not packages:
        raise NoMeter(f"there is no intel-rapl below {root} (virtual machines rarely have one)")
    try:
        meter = Meter(
            tuple((path / "energy_uj", int((path / "max_energy_range_uj").read_text())) for path in packages)
        )
    except (OSError, ValueError) as error:
        raise NoMeter(f"the energy counter cannot be read: {error}") from error
    meter.read()
    return meter


def measure_energy(
    sandboxes: Mapping[str, Sandbox],
    workload: Workload,
    meter: Meter,
    *,
    call_ns: float,
    confidence: float,
    seed: int,
    wall: Callable[[], float] = time.monotonic,
) -> Energy:
    """Joules per call, set-up and digest included, `BLOCKS` blocks a side in ABBA order.

    Raises NoMeter, and SideFailure when the workload breaks.
    """
    rng = random.Random(f"energy/{seed}")
    batch = math.ceil(min(MAX_BATCH, max(1.0, BLOCK_SECONDS * 1e9 / 10 / max(1.0, call_ns))))
    blocks: dict[str, list[float]] = {BASE: [], CANDIDATE: []}
    with reserved_core() as cpu, players(worker_starts(sandboxes, workload, rng, cpu)) as started:
        for side, player in started.items():
            with attributed(side):
                player.turn([rng.randrange(SEED_LIMIT)])
        for _, order in zip(range(BLOCKS), abba_orders(rng), strict=False):
            seed_of_block = rng.randrange(SEED_LIMIT)
            for side in order:
                with attributed(side):
                    blocks[side].append(_block(started[side], meter, seed_of_block, batch, wall))
    if min(map(min, blocks.values())) <= 0.0:
        raise NoMeter("the energy counter did not move while the workload ran")
    logs = [math.log(old / new) for old, new in zip(blocks[BASE], blocks[CANDIDATE], strict=True)]
    interval = interval_of(logs, confidence)
    return Energy(
        ratio=interval.ratio,
        low=interval.low,
        high=interval.high,
        source=f"RAPL, {len(meter.files)} package(s), all that runs on them included",
        base_joules=sum(blocks[BASE]) / BLOCKS,
        candidate_joules=sum(blocks[CANDIDATE]) / BLOCKS,
        blocks=BLOCKS,
    )


def _block(player: Player, meter: Meter, seed: int, batch: int, wall: Callable[[], float]) -> float:
    """Joules per call over one block, on inputs that follow from `seed`."""
    rng, calls = random.Random(seed), 0
    before, end = meter.read(), wall() + BLOCK_SECONDS
    while calls == 0 or wall() < end:
        player.turn([rng.randrange(SEED_LIMIT) for _ in range(batch)])
        calls += batch
    return meter.joules(before, meter.read()) / calls


def with_energy(
    verdict: Verdict, sandboxes: Mapping[str, Sandbox], workload: object, seed: int, root: Path = POWERCAP
) -> Verdict:
    """The same verdict with joules beside it, or with a note that says why not."""
    try:
        if not isinstance(workload, Workload):
            raise NoMeter("only calls of a workload file are metered")
        found = measure_energy(
            sandboxes,
            workload,
            find_meter(root),
            call_ns=verdict.phases["call"].base_ns,
            confidence=verdict.confidence,
            seed=seed,
        )
    except NoMeter as error:
        note = f"energy is unavailable: {error}"
        return verdict.model_copy(update={"notes": (*verdict.notes, note)})
    return verdict.model_copy(update={"energy": found})
