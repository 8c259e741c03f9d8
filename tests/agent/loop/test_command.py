"""Runs whose workload is a command, from the settings to the published patch."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hotloop.agent import run
from hotloop.agent.result import RunRecord, Status
from hotloop.agent.settings import Settings
from hotloop.errors import UsageError
from hotloop.profilers.engines import commands
from hotloop.repos.source import open_source

FILES = {
    "keeping.py": """\
def keep(items, wanted):
    known = [str(item) for item in wanted]
    return [item for item in items if str(item) in known]
""",
    "tool.py": """\
import os, random
from keeping import keep

draw = random.Random(os.environ["HOTLOOP_SEED"])
print(sum(keep([draw.randrange(4000) for _ in range(6000)], range(1500))))
""",
    "test_keeping.py": """\
from keeping import keep

def test_keeps_in_order():
    assert keep([3, 1, 2], [1, 3]) == [3, 1]
""",
}


@pytest.fixture(autouse=True)
def short_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """One run a process pair: the gain here is no matter of per cents."""
    monkeypatch.setattr(commands, "BLOCK_NS", 1e8)
    monkeypatch.setattr(commands, "STARTUP_ROUNDS", 2)


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    place = tmp_path / "repo"
    place.mkdir()
    for name, text in FILES.items():
        (place / name).write_text(text)
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "Import"]):
        identity = ["-c", "user.name=T", "-c", "user.email=t@localhost"]
        subprocess.run(["git", *identity, *words], cwd=place, check=True)
    return place


def settings(**changes: Any) -> Settings:
    known: dict[str, Any] = {
        "command": "python tool.py",
        "tests": "python -m pytest -q -p no:cacheprovider test_keeping.py",
        "coder": "catalog",
        "sandbox": "local",
        "measure_seconds": 4.0,
        "equivalence_seconds": 1.0,
        "rounds": 1,
        "candidates": 2,
    }
    return Settings(**{**known, **changes})


def optimize(repo: Path, out: Path, **changes: Any) -> RunRecord:
    result = run.optimize(open_source(repo), settings(**changes), repo=str(repo), origins={}, out=out)
    return run.load(out / result.run_id)


def test_a_command_is_made_faster_and_proved(repo: Path, tmp_path: Path) -> None:
    record = optimize(repo, tmp_path / "runs")
    folder = tmp_path / "runs" / record.result.run_id

    assert record.result.status is Status.IMPROVED
    assert "known" in record.patch_text
    assert record.verdict is not None
    assert record.verdict.engine == record.noise.engine == "co-scheduled"
    assert record.hotspots_before[0].function == "keep"
    assert json.loads((folder / "workload.json").read_text()) == {"command": "python tool.py"}
    assert json.loads((folder / "samples.json").read_text())["engine"] == "co-scheduled"
    assert "--command='python tool.py'" in (folder / "report.md").read_text()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"command": "python missing.py"}, "The workload fails at base: run: exit status 2"),
        ({"command": "  "}, "The command to time is empty"),
        ({"workload": Path("tool.py")}, "Both a workload file and a command are named"),
        ({"engine": "ping-pong"}, "ping-pong times Python workload files"),
    ],
)
def test_what_cannot_be_timed_is_the_users_to_mend(
    repo: Path, tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        optimize(repo, tmp_path / "runs", **changes)


def test_a_profiler_that_takes_no_commands_is_named_before_anything_is_paid(
    repo: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="cprofile takes a workload file, not a command"):
        optimize(repo, tmp_path / "runs", profiler="cprofile", tests="true && python -m pytest -q")
