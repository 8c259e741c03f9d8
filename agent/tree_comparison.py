"""Compare two trees that lie there: is the one faster than the other?"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path, PurePosixPath

from hotloop.agent.bench import Bench
from hotloop.agent.comparison_record import Asked, Timed
from hotloop.agent.measuring import measure_settings
from hotloop.agent.nodes.baseline import notes
from hotloop.errors import UsageError
from hotloop.profilers.command import AnyWorkload
from hotloop.profilers.compare import NOISE_PAIRS, Measurement, compare, noise_floor
from hotloop.profilers.energy import with_energy
from hotloop.profilers.engines.base import BASE, CANDIDATE, SideFailure
from hotloop.profilers.instructions import with_instructions
from hotloop.profilers.probe import Character
from hotloop.profilers.scaling import Scaling, check_takes_size, measure_scaling
from hotloop.profilers.verdict import NoiseFloor
from hotloop.profilers.workload import Workload
from hotloop.repos.tree import copy_tree
from hotloop.sandboxes.base import Sandbox

NOISE_SHARE = 0.25
"""Of the measuring budget, for base against base: it tells of the machine, not of the candidate."""
NOISE_LEAST = 4
"""Process pairs below which the interval is infinite at the usual confidence."""

NOTHING_ELSE = Asked()
NO_NOISE = "the time was too short to measure base against itself as well"


@dataclass(frozen=True)
class Comparison:
    """noise: base against base, None where there is nothing to compare it with. scaling: if asked for."""

    measurement: Measurement
    noise: NoiseFloor | None
    notes: tuple[str, ...]
    scaling: Scaling | None = None


@dataclass
class TreeBench(Bench):
    """A bench around trees that lie there already. timed: the workload. others: trees of the other sides."""

    tree: Path
    place: PurePosixPath
    timed: Timed
    others: tuple[Path, ...] = ()

    @property
    def project(self) -> PurePosixPath:
        return self.place

    @property
    def source_tree(self) -> Path:
        return self.tree

    @cached_property
    def workload(self) -> AnyWorkload:
        if self.timed.command is not None:
            return self.timed_command(self.timed.command)
        path = PurePosixPath(self.timed.path or "")
        return self.timed_file(self.timed.text or "", path, self.tree, *self.others)

    def built(self, source: Path, name: str) -> Path:
        """A copy of `source` with its compiled parts built. Raises UsageError when that fails."""
        tree = self.folder.work / "built" / name
        shutil.rmtree(tree, ignore_errors=True)
        copy_tree(source, tree)
        failure = self.rebuild(tree)
        if failure is not None:
            raise UsageError(f"The rebuild command fails at {name}: {failure}", "Check --rebuild and --env")
        return tree


def compare_trees(
    bench: Bench, base: Path, candidate: Path, seen: Character, asked: Asked = NOTHING_ELSE
) -> Comparison:
    """Measure until sure, then base against base in at most a quarter of the time allowed.

    base, candidate: built trees. seen: what `examine` says of the workload at base.
    asked: sizes take as long again. Raises UsageError when the workload breaks at the
    candidate, or has no sizes.
    """
    settings = measure_settings(bench.settings, seen.varies, seed=bench.settings.seed)
    try:
        with bench.sandbox(base) as one, bench.sandbox(candidate) as other:
            if asked.sizes:
                check_takes_size(one, bench.workload, min(asked.sizes))
            measurement = compare(one, other, bench.workload, settings)
            measurement = _with_signals(measurement, {BASE: one, CANDIDATE: other}, bench.workload, asked)
            scaling = _scaling(measurement, (one, other), bench.workload, asked.sizes)
        noise = _noise(bench, base, measurement)
    except SideFailure as broken:
        raise UsageError(
            f"The workload fails at the candidate: {broken.of_candidate()}", "Use one that both sides can run"
        ) from None
    short = () if noise or measurement.verdict.differs else (NO_NOISE,)
    return Comparison(measurement, noise, (*notes(seen), *measurement.verdict.notes, *short), scaling)


def _with_signals(
    found: Measurement, sandboxes: dict[str, Sandbox], workload: AnyWorkload, asked: Asked
) -> Measurement:
    """With instructions and joules in its verdict, where asked for; they change no outcome."""
    verdict, seed = found.verdict, found.settings.seed
    if asked.instructions:
        verdict = with_instructions(verdict, sandboxes, workload, seed)
    if asked.energy:
        verdict = with_energy(verdict, sandboxes, workload, seed)
    return replace(found, verdict=verdict)


def _scaling(
    found: Measurement,
    sides: tuple[Sandbox, Sandbox],
    workload: AnyWorkload,
    sizes: tuple[int, ...],
) -> Scaling | None:
    if not sizes or not isinstance(workload, Workload):
        return None
    return measure_scaling(*sides, workload, sizes, found.settings)


def _noise(bench: Bench, base: Path, measurement: Measurement) -> NoiseFloor | None:
    verdict, settings = measurement.verdict, measurement.settings
    if verdict.differs is not None:
        return None
    pair_seconds = verdict.seconds / verdict.pairs
    count = min(NOISE_PAIRS, verdict.pairs, int(NOISE_SHARE * settings.max_seconds / pair_seconds))
    if count < NOISE_LEAST:
        return None
    settings = replace(settings, engine=measurement.plan.engine)  # not what base alone would ask for
    with bench.sandbox(base) as one, bench.sandbox(base) as twin:
        return noise_floor(one, twin, bench.workload, settings, count)
