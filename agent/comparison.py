"""Compare two trees: whether the one is faster than the other, with all that the answer rests on.

`compare_trees` is the core: it takes trees and a bench. `compare_revisions` is the command:
it finds the trees, keeps what was found, and leaves nothing else behind.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path, PurePosixPath

from hotloop.agent.bench import Bench
from hotloop.agent.comparison_record import Asked, CompareRecord, Replay, Timed, changed, relate
from hotloop.agent.events import EventLog, Listener
from hotloop.agent.folder import RunFolder, write_text
from hotloop.agent.machine import facts, versions
from hotloop.agent.measuring import measure_settings
from hotloop.agent.nodes.baseline import examine, notes
from hotloop.agent.settings import Settings
from hotloop.agent.sides import Known, Sides, of_package, of_repository
from hotloop.agent.workshop import check_command, lay_out_tools
from hotloop.errors import UsageError
from hotloop.profilers.command import AnyWorkload
from hotloop.profilers.compare import NOISE_PAIRS, Measurement, compare, noise_floor
from hotloop.profilers.energy import with_energy
from hotloop.profilers.engines.base import BASE, CANDIDATE, SideFailure
from hotloop.profilers.instructions import with_instructions
from hotloop.profilers.probe import Character
from hotloop.profilers.pyperf_export import write_suites
from hotloop.profilers.scaling import Scaling, check_takes_size, measure_scaling
from hotloop.profilers.verdict import Interval, NoiseFloor
from hotloop.profilers.workload import Workload
from hotloop.repos.pypi import package_of
from hotloop.repos.source import Source, open_source
from hotloop.repos.tree import copy_tree
from hotloop.repos.urls import check_url
from hotloop.repos.workload_file import check_workload
from hotloop.sandboxes.base import Sandbox
from hotloop.sandboxes.registry import choose

COMPARES = Path(".hotloop") / "compares"
RECORD = "compare.json"
NOISE_SHARE = 0.25
"""Of the measuring budget, for base against base: it tells of the machine, not of the candidate."""
NOISE_LEAST = 4
"""Process pairs below which the interval is infinite at the usual confidence."""


NOTHING_ELSE = Asked()
NO_NOISE = "the time was too short to measure base against itself as well"


@dataclass(frozen=True)
class Request:
    """base: None is the repository's HEAD. source: opened already; None for a package's releases.

    replay: the comparison to make again; then base, candidate and workload are its own.
    """

    repo: str
    source: Source | None
    base: str | None
    candidate: str
    settings: Settings
    out: Path | None = None
    replay: CompareRecord | None = None
    asked: Asked = NOTHING_ELSE


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


def compare_revisions(request: Request, listener: Listener | None = None) -> CompareRecord:
    """One comparison, kept in a folder of its own. Leaves nothing behind when it cannot be made."""
    folder = RunFolder.create((request.out or default_root(request)).resolve())
    try:
        return _compare(request, folder, listener)
    finally:
        folder.discard_work()
        if not (folder.path / RECORD).is_file():
            folder.discard()


def default_root(request: Request) -> Path:
    """In the repository when it is a folder here, else below the current folder."""
    source = request.source
    here = source is not None and Path(request.repo).is_dir() and not source.bare
    return (source.root if source is not None and here else Path.cwd()) / COMPARES


def _compare(request: Request, folder: RunFolder, listener: Listener | None) -> CompareRecord:
    events = EventLog(folder.events, listener)
    with prepared(request, folder, events) as (bench, sides):
        seen = examine(bench)
        candidate = bench.built(sides.candidate_tree, "candidate")
        found = compare_trees(bench, bench.base_tree, candidate, seen, request.asked)
        record = _record(request, bench, sides, found)
    keep(folder, record, found.measurement)
    return record


@contextmanager
def prepared(request: Request, folder: RunFolder, events: EventLog) -> Iterator[tuple[TreeBench, Sides]]:
    """The bench with both trees; its sandboxes are gone afterwards, however it ended."""
    tools = lay_out_tools(folder)
    backend = choose(request.settings.sandbox, model_written=False, tools=tools, log=events.log)
    known = request.replay and Known(request.replay.base, request.replay.candidate)
    wanted = known or (request.base, request.candidate)
    if request.source is None:
        package = package_of(request.repo) or ""
        sides = of_package(package, wanted, request.settings, folder.work, backend=backend, log=events.log)
    else:
        url = request.repo if check_url(request.repo) else None
        sides = of_repository(request.source, url, wanted, request.settings, folder.work)
    for note in sides.notes:
        events.log(note)
    timed = request.replay.workload if request.replay else read_timed(sides)
    bench = TreeBench(
        *(sides.settings, folder, events, backend),
        *(sides.base_tree, sides.project, timed, (sides.candidate_tree,)),
    )
    try:
        yield bench, sides
    finally:
        backend.reap(folder.id)


def read_timed(sides: Sides) -> Timed:
    """The workload of the settings, one text for both sides.

    A file that lies here is taken as it is; else that of base, else that of the
    candidate. One from outside the repository runs as if it lay in the project's folder.
    """
    named = sides.settings.workload
    if sides.settings.command is not None:
        return Timed(command=check_command(sides.settings))
    if named is None:
        raise UsageError("It is open what is to be timed", "Name it with --workload or --command")
    for file, place in _places(named, sides):
        if file.is_file():
            return Timed(path=str(place), text=check_workload(file))
    raise UsageError(f"No such workload: {named}", "Check --workload")


def _places(named: Path, sides: Sides) -> Iterator[tuple[Path, PurePosixPath]]:
    absolute = (Path.cwd() / named).resolve()
    if sides.root is not None and absolute.is_relative_to(sides.root):
        yield absolute, PurePosixPath(absolute.relative_to(sides.root))
    yield absolute, sides.project / named.name
    if named.is_absolute() or ".." in named.parts:
        return
    for tree in (*([sides.root] if sides.root else []), sides.base_tree, sides.candidate_tree):
        for folder in dict.fromkeys([sides.project, PurePosixPath()]):
            yield tree / folder / named, folder / named


def _record(request: Request, bench: TreeBench, sides: Sides, found: Comparison) -> CompareRecord:
    folder = bench.folder
    record = CompareRecord(
        run_id=folder.id,
        created=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        repo=request.repo,
        name=request.repo if request.source is None else request.source.name,
        base=sides.base,
        candidate=sides.candidate,
        settings=request.settings,
        workload=bench.timed,
        sandbox=bench.backend.name,
        versions=versions(),
        machine=facts(),
        verdict=found.measurement.verdict,
        noise=found.noise,
        notes=(*sides.notes, *found.notes),
        folder=str(folder.path),
        asked=request.asked,
        scaling=found.scaling,
    )
    old = request.replay
    return record if old is None else record.model_copy(update={"replay": _replay(old, record)})


def _replay(old: CompareRecord, new: CompareRecord) -> Replay:
    then = old.verdict
    return Replay(
        run_id=old.run_id,
        outcome=then.outcome,
        then=Interval(ratio=then.ratio, low=then.low, high=then.high),
        relation=relate(then, new.verdict),
        differs=changed(old, new),
    )


def keep(folder: RunFolder, record: CompareRecord, measurement: Measurement) -> None:
    """Samples and their export first: the record says that all of it is there."""
    samples = measurement.samples()
    folder.write_json(folder.path / "samples.json", samples)
    write_suites(samples, folder.path, name=record.name, metric=record.verdict.metric)
    write_text(folder.path / RECORD, record.model_dump_json(indent=1) + "\n")


def load_comparison(path: Path) -> CompareRecord:
    """A finished comparison. Raises UsageError."""
    file = path / RECORD
    if not file.is_file():
        raise UsageError(f"{path} holds no comparison", f"Name a folder with a {RECORD}")
    return CompareRecord.model_validate_json(file.read_text("utf-8"))


def replay_of(old: CompareRecord, repo: str, out: Path | None = None) -> Request:
    """The same comparison once more, of the same repository. Raises UsageError."""
    source = None if package_of(repo) else open_source(repo, clean=False)
    if (source is None) != (old.base.kind == "release"):
        raise UsageError(f"{old.run_id} compared {old.repo}, not {repo}", f"Name {old.repo}")
    return replace(
        Request(repo, source, old.base.named, old.candidate.named, old.settings),
        out=out,
        replay=old,
        asked=old.asked,
    )
