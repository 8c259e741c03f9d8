from __future__ import annotations

import json
import subprocess
import textwrap
from pathlib import Path
from typing import Any

import pytest
from openai_server import OpenAIServer, Step, completion

from hotloop.agent import run
from hotloop.agent.result import RunRecord, RunResult, Status
from hotloop.agent.settings import Settings
from hotloop.errors import UsageError
from hotloop.profilers.engines import turns
from hotloop.repos.source import open_source

SLOW = """\
def keep(items, wanted):
    known = [str(item) for item in wanted]
    return [item for item in items if str(item) in known]
"""
FAST = """\
def keep(items, wanted):
    wanted = set(wanted)
    return [item for item in items if item in wanted]
"""
TESTS = """\
from pkg.core import keep

def test_keeps_in_order():
    assert keep([3, 1, 2], [1, 3]) == [3, 1]

def test_keeps_duplicates():
    assert keep([1, 1], [1]) == [1, 1]

def test_empty():
    assert keep([], [1]) == []
"""
WORKLOAD = """\
import random
from pkg.core import keep

def setup(seed):
    rng = random.Random(seed)
    return [rng.randrange(1000) for _ in range(300)], [rng.randrange(1000) for _ in range(300)]

def workload(state):
    items, wanted = state
    return keep(items, wanted)
"""


@pytest.fixture(autouse=True)
def short_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fifth of the usual time a process pair: the gain here is no matter of per cents."""
    monkeypatch.setattr(turns, "PAIR_NS", 2e8)


def git(place: Path, *words: str) -> str:
    command = ["git", "-c", "user.name=T", "-c", "user.email=t@localhost", *words]
    return subprocess.run(command, cwd=place, check=True, capture_output=True, text=True).stdout


def repository(place: Path, **changes: str) -> Path:
    """A committed package with tests and a workload; `changes` replace core, tests or workload."""
    files = {
        "pkg/__init__.py": "",
        "pkg/core.py": changes.get("core", SLOW),
        "tests/test_core.py": changes.get("tests", TESTS),
        "bench.py": changes.get("workload", WORKLOAD),
    }
    for name, text in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)
    git(place, "init", "-q")
    git(place, "add", ".")
    git(place, "commit", "-q", "-m", "Import")
    return place


def optimize(repo: Path, out: Path, *, branch: str | None = None, **changes: Any) -> RunResult:
    known: dict[str, Any] = {
        "workload": Path("bench.py"),
        "tests": "python -m pytest -q -p no:cacheprovider tests",
        "coder": "catalog",
        "sandbox": "local",
        "measure_seconds": 12.0,
        "equivalence_seconds": 1.0,
        "rounds": 1,
        "candidates": 1,
    }
    settings = Settings(**{**known, **changes})
    return run.optimize(open_source(repo), settings, repo=str(repo), origins={}, out=out, branch=branch)


def events(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]


def test_a_slow_membership_is_found_proved_and_handed_over(tmp_path: Path) -> None:
    repo, out = repository(tmp_path / "repo"), tmp_path / "runs"
    result = optimize(repo, out, branch="faster", candidates=3)
    folder = out / result.run_id

    assert result.status is Status.IMPROVED
    assert result.speedup is not None
    assert result.speedup.low > 1.02
    assert (result.tests.passed, result.tests.failed, result.tests.not_reported) == (3, 0, 0)
    assert result.patch == str(folder / "patch.diff")
    assert not (folder / "work").exists()
    assert (folder / "report.md").read_text()
    assert json.loads((folder / "samples.json").read_text())["pairs"]
    names = [event["event"] for event in events(folder)]
    assert (names[0], names[-1]) == ("run_started", "finish")
    record = RunRecord.model_validate_json((folder / "run.json").read_text())
    assert record.result == result == run.load(folder).result == run.resume(folder)
    assert [one.run_id for one in run.runs(out)] == [result.run_id]

    assert git(repo, "status", "--porcelain") == ""
    assert git(repo, "diff", "HEAD", "faster")
    assert "pkg/core.py" in run.apply(folder)
    assert git(repo, "status", "--porcelain").split() == ["M", "pkg/core.py"]
    assert git(repo, "diff", "--stat", "faster") == ""


def test_code_with_nothing_to_find_is_left_alone(tmp_path: Path) -> None:
    repo, out = repository(tmp_path / "repo", core=FAST), tmp_path / "runs"
    result = optimize(repo, out)
    folder = out / result.run_id

    assert result.status is Status.NO_IMPROVEMENT
    assert result.patch is None
    assert result.speedup is None
    assert not (folder / "patch.diff").exists()
    assert (folder / "report.md").is_file()
    with pytest.raises(UsageError, match="found no patch"):
        run.apply(folder)


def workload(*body: str) -> dict[str, str]:
    return {"workload": "\n".join(["import pkg.core", *body]) + "\n"}


BAD = {
    "a failing test": (
        {"tests": TESTS + "\ndef test_broken():\n    assert False\n"},
        {},
        r"1 test\(s\) fail at base: .*test_broken",
    ),
    "no test": ({"tests": "x = 1\n"}, {}, "No test passes at base"),
    "a workload that raises": (
        workload("def workload():", "    raise ValueError('bad input')"),
        {},
        "The workload fails at base: ValueError: bad input",
    ),
    "a workload that cannot be imported": (
        {"workload": "import nowhere\ndef workload(): pass\n"},
        {},
        "The workload fails at base: import: ModuleNotFoundError",
    ),
    "two outputs for one seed": (
        workload("import os", "def workload():", "    return os.urandom(8)"),
        {},
        "different outputs for one seed",
    ),
    "an empty workload": ({"workload": '"""Nothing."""\n'}, {}, "is empty"),
    "a missing workload": ({}, {"workload": Path("nowhere.py")}, "No such workload: nowhere.py"),
    "a workload that is no Python": ({"workload": "def workload(:\n"}, {}, "is not Python"),
    "a failing rebuild": ({}, {"rebuild": "echo no compiler; exit 3"}, "no compiler"),
    "a missing subdir": ({}, {"subdir": Path("sub")}, "There is no folder sub"),
}


@pytest.mark.parametrize(("files", "settings", "words"), BAD.values(), ids=BAD)
def test_bad_input_is_the_users_error_and_leaves_nothing_behind(
    tmp_path: Path, files: dict[str, str], settings: dict[str, Any], words: str
) -> None:
    repo, out = repository(tmp_path / "repo", **files), tmp_path / "runs"
    with pytest.raises(UsageError, match=words) as error:
        optimize(repo, out, **settings)

    assert error.value.fix
    assert list(out.iterdir()) == []
    assert git(repo, "status", "--porcelain") == ""


def test_a_disk_that_is_full_from_the_start_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_to_full_device(*_: Any) -> None:
        with Path("/dev/full").open("w") as full:
            full.write("x")

    monkeypatch.setattr("hotloop.agent.run.lay_out_tools", write_to_full_device)
    with pytest.raises(OSError, match="No space left"):
        optimize(repository(tmp_path / "repo"), tmp_path / "runs")

    assert list((tmp_path / "runs").iterdir()) == []


def reply(new: str) -> str:
    """A model's reply that replaces the loop of SLOW."""
    old = SLOW.split("\n", 1)[1]
    return f"Another way.\n\npkg/core.py\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n"


OPINION = json.dumps(
    {
        "decision": "accept",
        "bottleneck": "membership in a list",
        "next_step": "use a set",
        "expected_gain": 1.5,
    }
)
WRONG = "    wanted = set(wanted)\n    return sorted({item for item in items if item in wanted})\n"


def test_a_wrong_patch_is_rejected_and_its_failure_told_to_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patches = [reply(WRONG), reply(FAST.split("\n", 1)[1])]
    asked: list[str] = []

    def answer(body: dict[str, Any]) -> Step:
        prompt = json.dumps(body["messages"])
        if "SEARCH" not in prompt:
            return completion(OPINION)
        asked.append(prompt)
        return completion(patches[min(len(asked), 2) - 1])

    repo, out = repository(tmp_path / "repo"), tmp_path / "runs"
    with OpenAIServer(answer=answer) as server:
        monkeypatch.setenv("OPENAI_API_KEY", "test-key-4711")
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        result = optimize(repo, out, coder="model", model="test-model", rounds=2, allow_unknown_price=True)

    assert [row.status for row in result.candidates] == ["rejected", "accepted"]
    assert result.candidates[0].gate == "equivalence"
    assert result.status is Status.IMPROVED
    assert "output differs for seed" in asked[1]
    assert "output differs for seed" not in asked[0]
    assert result.cost.turns == len(server.chats)
    written = [path for path in (out / result.run_id).rglob("*") if path.is_file()]
    assert not [path for path in written if b"test-key-4711" in path.read_bytes()]


def test_a_branch_that_exists_is_refused_before_anything_runs(tmp_path: Path) -> None:
    repo, out = repository(tmp_path / "repo"), tmp_path / "runs"
    git(repo, "branch", "faster")
    with pytest.raises(UsageError, match="The branch faster exists"):
        optimize(repo, out, branch="faster")

    assert not out.exists()


def test_a_patch_that_breaks_a_test_alone_is_rejected_by_the_tests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Right for the workload, which has items; wrong for none at all."""
    broken = textwrap.indent(
        "wanted = set(wanted)\nitems[0]\nreturn [i for i in items if i in wanted]\n", "    "
    )

    def answer(body: dict[str, Any]) -> Step:
        return completion(reply(broken) if "SEARCH" in json.dumps(body["messages"]) else OPINION)

    repo, out = repository(tmp_path / "repo"), tmp_path / "runs"
    with OpenAIServer(answer=answer) as server:
        monkeypatch.setenv("OPENAI_API_KEY", "test-key-4711")
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        result = optimize(repo, out, coder="model", model="test-model", allow_unknown_price=True)

    assert [(row.status, row.gate) for row in result.candidates] == [("rejected", "tests")]
    assert result.status is Status.NO_IMPROVEMENT
    detail = json.loads((out / result.run_id / "candidates" / "1" / "evidence.json").read_text())
    assert "test_empty" in detail["gates"][-1]["detail"]
