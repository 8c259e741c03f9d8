"""`hotloop compare`: find the trees of two revisions, compare them, keep all that the answer rests on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from hotloop.agent.claims import claimed
from hotloop.agent.comparison_record import Asked, CompareRecord, Replay, Timed, changed, relate
from hotloop.agent.events import EventLog, Listener
from hotloop.agent.folder import RunFolder, write_text
from hotloop.agent.machine import facts, versions
from hotloop.agent.nodes.baseline import examine
from hotloop.agent.settings import Settings
from hotloop.agent.sides import Known, Sides, of_package, of_repository
from hotloop.agent.tree_comparison import NOTHING_ELSE, Comparison, TreeBench, compare_trees
from hotloop.agent.workshop import check_command, lay_out_tools
from hotloop.errors import UsageError
from hotloop.profilers.compare import Measurement
from hotloop.profilers.pyperf_export import write_suites
from hotloop.profilers.verdict import Interval
from hotloop.repos.pypi import package_of
from hotloop.repos.source import Source, open_source
from hotloop.repos.urls import check_url
from hotloop.repos.workload_file import check_workload
from hotloop.sandboxes.registry import choose

COMPARES = Path(".hotloop") / "compares"
RECORD = "compare.json"


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
    with claimed(folder), prepared(request, folder, events) as (bench, sides):
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
