"""Runs: begin one, go on with one, read one. What the command line calls."""

from __future__ import annotations

import sqlite3
import time
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from hotloop.agent.claims import claimed
from hotloop.agent.events import EventLog, Listener
from hotloop.agent.folder import RunFolder, write_text
from hotloop.agent.people import coder_kind, gather_people
from hotloop.agent.plan import Plan
from hotloop.agent.profiling import Profiled, refuse_other_units, take_profile
from hotloop.agent.prompts import prompt_version
from hotloop.agent.record import record_of
from hotloop.agent.report.render import write_reports
from hotloop.agent.result import RunRecord, RunResult, Status
from hotloop.agent.settings import Settings
from hotloop.agent.state import RunState, Spent
from hotloop.agent.workshop import Workshop, lay_out_tools
from hotloop.errors import UsageError, disk_is_full
from hotloop.repos.publish import apply_to_worktree, branch_holds, check_branch, make_branch
from hotloop.repos.source import Source, open_source
from hotloop.sandboxes.owners import temporary_folder
from hotloop.sandboxes.registry import choose, make

RUNS = Path(".hotloop") / "runs"


def optimize(
    source: Source,
    settings: Settings,
    *,
    repo: str,
    origins: dict[str, str],
    out: Path | None = None,
    branch: str | None = None,
    listener: Listener | None = None,
) -> RunResult:
    """A new run, to its end. Leaves nothing behind when the user's input is at fault."""
    refuse_other_units(settings.profiler)
    if branch is not None:
        check_branch(source, branch)
    folder = RunFolder.create((out or default_root(source, repo)).resolve())
    try:
        plan = make_plan(folder, source, settings, repo=repo, origins=origins, branch=branch)
        with workshop(plan, folder, Spent(), listener) as shop:
            return drive(plan, shop)
    except Exception as error:
        # A key may be refused in mid-run: what was paid for or found is kept for `resume`.
        if (isinstance(error, UsageError) or disk_is_full(error)) and not folder.has_work():
            folder.discard()
        raise


def resume(path: Path, *, listener: Listener | None = None) -> RunResult:
    """Go on with a run that was killed or stopped; a finished one is only read."""
    folder = RunFolder(path)
    if folder.record.is_file():
        return load(path).result
    if not folder.plan.is_file():
        raise UsageError(f"{path.name} had not begun when it ended", "Start it again with hotloop optimize")
    plan = Plan.model_validate_json(folder.plan.read_text("utf-8"))
    refuse_changed(plan)
    with workshop(plan, folder, time_used(folder), listener) as shop:
        return drive(plan, shop)


def default_root(source: Source, repo: str) -> Path:
    """In the repository when it is a folder here, else below the current folder."""
    return (source.root if Path(repo).is_dir() and not source.bare else Path.cwd()) / RUNS


def make_plan(
    folder: RunFolder,
    source: Source,
    settings: Settings,
    *,
    repo: str,
    origins: dict[str, str],
    branch: str | None = None,
) -> Plan:
    """Decide what the settings left open, and write it down."""
    kind = coder_kind(settings)
    backend = choose(settings.sandbox, model_written=kind == "model", tools=folder.tools, log=lambda _: None)
    plan = Plan(
        run_id=folder.id,
        created=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        repo=repo,
        root=source.root,
        git_dir=source.git_dir,
        base=source.base,
        name=source.name,
        subdir=source.subdir,
        bare=source.bare,
        settings=settings,
        origins=origins,
        coder=kind,
        sandbox=backend.name,
        branch=branch,
        prompt_version=prompt_version() if kind == "model" else "",
    )
    write_text(folder.plan, plan.model_dump_json(indent=1) + "\n")
    return plan


@contextmanager
def workshop(plan: Plan, folder: RunFolder, before: Spent, listener: Listener | None) -> Iterator[Workshop]:
    """The run's tools; sandboxes and trees are gone afterwards, however it ended."""
    with claimed(folder):
        folder.discard_work()
        backend = make(plan.sandbox, lay_out_tools(folder))
        backend.reap(folder.id)
        people = gather_people(plan.coder, plan.settings, folder, before=before)
        events = EventLog(folder.events, listener)
        events.emit("run_started", run_id=folder.id, repo=plan.name, sandbox=plan.sandbox, coder=plan.coder)
        shop = Workshop(
            plan.settings, folder, events, backend, plan.source(), people.coder, people.judge, people.budget
        )
        try:
            yield shop
        finally:
            people.close()
            try:
                backend.reap(folder.id)
            finally:  # where the engine has died, too: nobody finds trees once the claim is gone
                folder.discard_work()


def drive(plan: Plan, shop: Workshop) -> RunResult:
    """Run the graph from its last checkpoint to the end, then publish."""
    with checkpointed(shop) as (app, config):
        begun = bool(app.get_state(config).values)
        state: RunState = app.invoke(None if begun else {"round": 0}, config, durability="sync")
    return publish(plan, shop, state)


@contextmanager
def checkpointed(shop: Workshop) -> Iterator[tuple[Any, dict[str, Any]]]:
    """The compiled graph with its checkpoints in the run's folder."""
    # Loading it takes a second; reading old runs does not need it.
    from langgraph.checkpoint.sqlite import SqliteSaver  # noqa: PLC0415

    from hotloop.agent.graph import build_graph  # noqa: PLC0415

    with closing(sqlite3.connect(shop.folder.state, check_same_thread=False)) as connection:
        app = build_graph(shop).compile(checkpointer=SqliteSaver(connection))
        yield app, run_config(shop.folder, shop.settings.rounds)


def run_config(folder: RunFolder, rounds: int) -> dict[str, Any]:
    return {"configurable": {"thread_id": folder.id}, "recursion_limit": 5 * rounds + 20}


def time_used(folder: RunFolder) -> Spent:
    """Seconds that earlier processes of the run used, from its last checkpoint."""
    if not folder.state.is_file():
        return Spent()
    from langgraph.checkpoint.sqlite import SqliteSaver  # noqa: PLC0415  # as above

    with closing(sqlite3.connect(folder.state, check_same_thread=False)) as connection:
        saved = SqliteSaver(connection).get_tuple({"configurable": {"thread_id": folder.id}})
    values = saved.checkpoint["channel_values"] if saved is not None else {}
    return Spent(
        wall_seconds=values.get("wall_seconds", 0.0), sandbox_seconds=values.get("sandbox_seconds", 0.0)
    )


def publish(plan: Plan, shop: Workshop, state: RunState) -> RunResult:
    """Patch, branch, reports, and last of all run.json, which says that the run is over."""
    record = record_of(state, plan, shop)
    folder = shop.folder
    if record.patch_text:
        write_text(folder.patch, record.patch_text)
        if plan.branch is not None:
            record = record.model_copy(update={"notes": (*record.notes, publish_branch(plan, record))})
    write_reports(record, folder.path)
    write_text(folder.record, record.model_dump_json(indent=1) + "\n")
    speedup = record.result.speedup
    figures = {} if speedup is None else {"ratio": speedup.ratio, "low": speedup.low, "high": speedup.high}
    shop.events.emit("finish", status=record.result.status.value, **figures)
    return record.result


def publish_branch(plan: Plan, record: RunRecord) -> str:
    """One commit on a new branch; a sentence on what became of it."""
    name, speedup = plan.branch or "", record.result.speedup
    winner = record.winning
    summary = winner.candidate.summary.splitlines()[0][:68] if winner else "Make it faster"
    ratio = f"\n\nMeasured {speedup.ratio:.3f}x [{speedup.low:.3f}, {speedup.high:.3f}]." if speedup else ""
    made = f"branch {name} holds the patch"
    if branch_holds(plan.source(), name, record.patch_text):
        return made  # by an earlier process of this run, killed before it could say so
    try:
        check_branch(plan.source(), name)
    except UsageError as error:
        return f"no branch was made: {error}"
    make_branch(plan.source(), name, record.patch_text, f"{summary}{ratio}\n")
    return made


def refuse_changed(plan: Plan) -> None:
    """A plain folder has no commit to come back to: what was measured must still be there."""
    if plan.git_dir is None and open_source(plan.root).base != plan.base:
        raise UsageError(f"{plan.root} has changed since the run began", "Start again with hotloop optimize")


def load(path: Path) -> RunRecord:
    """A finished run. Raises UsageError for one that is not."""
    record = RunFolder(path).record
    if not record.is_file():
        raise UsageError(f"Run {path.name} is not finished", f"Go on with: hotloop resume {path.name}")
    return RunRecord.model_validate_json(record.read_text("utf-8"))


def runs(root: Path) -> Sequence[RunResult]:
    """Every run below `root`, oldest first; one that was cut off counts as stopped."""
    found = []
    for path in sorted(root.iterdir()) if root.is_dir() else ():
        if (path / "run.json").is_file():
            found.append(load(path).result)
        elif (path / "plan.json").is_file():
            found.append(RunResult(run_id=path.name, status=Status.STOPPED))
    return found


def apply(path: Path) -> str:
    """Put a run's patch into the work tree it was made for; one line on what was done."""
    record = load(path)
    if not record.patch_text:
        raise UsageError(f"Run {path.name} found no patch", "There is nothing to apply")
    plan = Plan.model_validate_json(RunFolder(path).plan.read_text("utf-8"))
    changed = apply_to_worktree(plan.source(), record.patch_text)
    return f"applied to {plan.root}: {', '.join(changed)}"


def profile(
    source: Source, settings: Settings, *, native: bool = False, listener: Listener | None = None
) -> Profiled:
    """Where the workload's time goes at base. Keeps nothing on disk."""

    with temporary_folder("profile") as place:
        folder = RunFolder.create(place)
        settings = settings.model_copy(update={"coder": "catalog"})
        plan = make_plan(folder, source, settings, repo=str(source.root), origins={})
        with workshop(plan, folder, Spent(), listener) as shop:
            return take_profile(shop, shop.base_tree, native=native)


def demo(*, library: Path, out: Path | None = None, listener: Listener | None = None) -> RunResult:
    """Optimize a copy of `library`, committed to a repository of its own."""
    from hotloop.repos.seed import commit_folder  # noqa: PLC0415

    root = (out or Path.cwd() / RUNS).resolve()
    place = commit_folder(library, root.parent / "demo" / library.name)
    options = tomllib.loads((place / "hotloop.toml").read_text("utf-8"))
    settings = Settings(**{**options, "coder": "catalog", "sandbox": "local"})
    origins = dict.fromkeys(options, "hotloop.toml")
    return optimize(
        open_source(place), settings, repo=str(place), origins=origins, out=root, listener=listener
    )


def dry_run(source: Source, settings: Settings, *, repo: str) -> str:
    """What a run would do, where, and the most it could cost. Runs no target code."""
    from hotloop.agent.forecast import forecast  # noqa: PLC0415

    return forecast(source, settings, repo)
