"""What runs leave when they are killed, and what `clean` makes of it and of what is old."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotloop.agent.claims import all_claims, claimed, claims_folder
from hotloop.agent.cleaning import DAY, Cleaning, Rule, clean
from hotloop.agent.folder import RunFolder
from hotloop.agent.run import make_plan, workshop
from hotloop.agent.settings import Settings
from hotloop.agent.state import Spent
from hotloop.errors import UsageError
from hotloop.repos.source import open_source
from hotloop.sandboxes import proc
from hotloop.sandboxes.errors import SandboxError
from hotloop.sandboxes.local import LocalBackend
from hotloop.sandboxes.owners import Life

CLIENT = """
import sys
from pathlib import Path
from hotloop.agent.claims import claimed
from hotloop.agent.folder import RunFolder
from hotloop.sandboxes.base import EnvironmentSpec
from hotloop.sandboxes.owners import temporary_folder
from hotloop.sandboxes.registry import make

folder = RunFolder(Path(sys.argv[2]))
(folder.work / "base").mkdir(parents=True)
(folder.work / "base" / "code.py").write_text("x = 1" * 10_000)
folder.tools.mkdir()
with claimed(folder), temporary_folder("apply"):
    if sys.argv[1] != "none":
        backend = make(sys.argv[1], folder.tools)
        environment = backend.prepare(EnvironmentSpec(), folder.work / "base", print)
        sandbox = backend.start(environment, folder.work / "base", run_id=folder.id)
        sandbox.spawn(["sh", "-c", "sleep 76543 & exec sleep 76543"])
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """All that is looked at, but the machine's engine and control groups, is this test's own."""
    (tmp_path / "temporary").mkdir()
    for variable, name in (("XDG_CACHE_HOME", "cache"), ("XDG_STATE_HOME", "state"), ("TMPDIR", "temporary")):
        monkeypatch.setenv(variable, str(tmp_path / name))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    yield
    clean(Rule())


def client(sandbox: str, run: Path) -> subprocess.Popen[str]:
    """A process that works on a run, with a sandbox or, for "none", without."""
    started = subprocess.Popen(
        [sys.executable, "-c", CLIENT, sandbox, str(run)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stdout is not None
    while (said := started.stdout.readline()) != "ready\n":
        assert said, f"the client ended: {started.wait()}"
    return started


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The folder of a run that has begun."""
    folder = RunFolder(tmp_path / "repository" / ".hotloop" / "runs" / "20260102-030405-abcdef")
    folder.path.mkdir(parents=True)
    folder.plan.write_text("{}")
    return folder.path


@pytest.fixture(params=["local", "bubblewrap", pytest.param("docker", marks=pytest.mark.docker)])
def working(request: pytest.FixtureRequest, run: Path) -> Iterator[subprocess.Popen[str]]:
    with client(request.param, run) as process:
        yield process
        process.kill()


def mine(done: Cleaning, run: Path) -> list[str]:
    """Kinds of what was found and is this test's: others may have died on this machine."""
    here = (str(run.parents[3]), run.name)
    return sorted({one.kind for one in done.found if any(word in one.name for word in here)})


def sleepers() -> list[int]:
    return [pid for pid in proc.parents() if b"76543" in command_line(pid).split(b"\0")]


def command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def test_a_killed_run_leaves_nothing_once_cleaned_and_a_live_one_keeps_everything(
    working: subprocess.Popen[str], run: Path, tmp_path: Path
) -> None:
    alive = clean(Rule())
    assert mine(alive, run) == []
    assert {one.life for one in alive.spared} >= {Life.ALIVE}
    assert (run / "work").is_dir()
    assert working.poll() is None

    working.kill()
    working.communicate()
    before = clean(Rule(), dry_run=True)
    assert (run / "work").is_dir()
    done = clean(Rule())
    assert mine(done, run) == mine(before, run)
    assert {"claim", "temporary folder", "trees"} < set(mine(done, run))
    assert {"sandbox", "container"} & set(mine(done, run))
    assert done.size >= 50_000
    assert (run / "plan.json").is_file()
    assert not (run / "work").exists()
    assert list((tmp_path / "temporary").glob("hotloop-*-*")) == []
    assert all_claims() == []

    deadline = time.monotonic() + 10.0
    while sleepers() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert sleepers() == []
    assert mine(clean(Rule()), run) == []


def test_a_run_that_had_not_begun_goes_altogether(run: Path) -> None:
    (run / "plan.json").unlink()
    with client("none", run) as process:
        process.kill()
    assert "unfinished run" in mine(clean(Rule()), run)
    assert not run.exists()


def test_one_process_at_a_time_works_on_a_run(run: Path) -> None:
    with client("none", run) as process:
        with pytest.raises(UsageError, match="Another process works on"), claimed(RunFolder(run)):
            pytest.fail("both work on it")
        process.kill()
    with claimed(RunFolder(run)):
        assert [claim.life for claim in all_claims()] == [Life.ALIVE]
    assert all_claims() == []


def test_a_claim_that_makes_no_sense_claims_nothing(run: Path) -> None:
    claims_folder().mkdir(parents=True)
    (claims_folder() / f"{run.name}.json").write_text('{"owner": 1}')
    assert all_claims() == []
    with claimed(RunFolder(run)):
        assert len(all_claims()) == 1


def old_run(root: Path, name: str, *, days: float, size: int = 1000) -> Path:
    folder = root / ".hotloop" / name
    folder.mkdir(parents=True)
    (folder / "plan.json").write_text("x" * size)
    os.utime(folder / "plan.json", (time.time() - days * DAY,) * 2)
    return folder


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")


@pytest.mark.usefixtures("no_engine")
def test_old_runs_and_comparisons_go_by_age_and_then_by_size(tmp_path: Path) -> None:
    old = old_run(tmp_path, "runs/old", days=31)
    compared = old_run(tmp_path, "compares/old", days=40)
    large = old_run(tmp_path, "runs/large", days=20, size=100_000)
    new = old_run(tmp_path, "runs/new", days=1, size=50_000)
    note = tmp_path / ".hotloop" / "runs" / "mine"
    note.mkdir()
    assert clean(Rule(), left=False).found == []
    done = clean(Rule(size=80_000), runs=tmp_path, left=False)
    assert [one.name for one in done.found] == [str(compared), str(old), str(large)]
    assert [path.exists() for path in (old, compared, large, new, note)] == [False, False, False, True, True]


@pytest.mark.usefixtures("no_engine")
def test_a_run_that_is_worked_on_is_not_old(tmp_path: Path) -> None:
    run = old_run(tmp_path, "runs/old", days=300)
    with claimed(RunFolder(run)):
        assert clean(Rule(), runs=tmp_path, left=False).found == []
    assert len(clean(Rule(), runs=tmp_path, left=False).found) == 1


@pytest.mark.usefixtures("no_engine")
def test_without_an_engine_the_rest_is_cleaned_and_the_user_told() -> None:
    done = clean(Rule(), images=True)
    assert done.found == [] or done.failed == []
    (note,) = done.notes
    assert "No Docker engine answers" in note


def test_trees_go_with_their_run_even_when_its_sandboxes_cannot_be_reaped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / "code.py").write_text("x = 1\n")
    source, folder = open_source(str(repository)), RunFolder.create(tmp_path / "runs")
    settings = Settings(coder="catalog", sandbox="local")
    plan = make_plan(folder, source, settings, repo=str(repository), origins={})

    def fail(backend: LocalBackend, run_id: str) -> int:
        raise SandboxError("the engine is gone")

    with pytest.raises(SandboxError, match="gone"), workshop(plan, folder, Spent(), None) as shop:
        tree = shop.candidate_tree("", folder.work / "trees" / "1")
        assert (tree / "code.py").is_file()
        monkeypatch.setattr(LocalBackend, "reap", fail)
    assert not folder.work.exists()
    assert all_claims() == []
