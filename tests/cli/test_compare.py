"""hotloop compare and doctor as a user runs them: two streams and an exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TWICE = """\
def total(numbers):
    for _ in range(2):
        found = [number * number % 7 for number in numbers]
    return found
"""
ONCE = "def total(numbers):\n    return [n * n % 7 for n in numbers]\n"
WORKLOAD = """\
from pkg.core import total

def setup(seed):
    return [(seed + number) % 1000 for number in range(4000)]

def workload(state):
    return total(state)
"""
PRINTED = "python -c 'from pkg.core import total; print(sum(total(range(100000))))'"


def hotloop(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HOTLOOP_")}
    return subprocess.run(
        [sys.executable, "-c", "import sys; from hotloop.cli.main import main; sys.exit(main())", *arguments],
        cwd=cwd,
        env=clean | {"PYTHONWARNINGS": "error"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def git(place: Path, *words: str) -> str:
    command = ["git", "-c", "user.name=T", "-c", "user.email=t@localhost", *words]
    return subprocess.run(command, cwd=place, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twice the work at v1, once at v2, the same as a patch, and a workload in the repository."""
    place = tmp_path_factory.mktemp("repo") / "project"
    (place / "pkg").mkdir(parents=True)
    (place / "pkg" / "__init__.py").write_text("")
    (place / "bench.py").write_text(WORKLOAD)
    git(place, "init", "-q")
    for name, text in (("v1", TWICE), ("v2", ONCE)):
        (place / "pkg" / "core.py").write_text(text)
        git(place, "add", ".")
        git(place, "commit", "-q", "-m", name)
        git(place, "tag", name)
    (place.parent / "fix.patch").write_text(git(place, "diff", "v1", "v2"))
    return place


FAST = ("--workload", "bench.py", "--sandbox", "local", "--max-seconds", "6")


@pytest.fixture(scope="module")
def done(repo: Path) -> subprocess.CompletedProcess[str]:
    patch = str(repo.parent / "fix.patch")
    return hotloop("compare", ".", "--base", "v1", "--candidate", patch, *FAST, "--json", cwd=repo)


def test_json_is_one_object_and_faster_is_exit_0(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["schema_version"], found["verdict"], found["candidate"]["kind"]) == (1, "faster", "patch")
    assert found["low"] <= found["ratio"] <= found["high"]
    for name in (
        *(
            "confidence",
            "min_speedup",
            "engine",
            "clock",
            "metric",
            "pairs",
            "calls",
            "seconds",
            "noise_floor",
        ),
        *("cpu", "wall", "peak_memory", "phases", "first_call", "warm", "regressions", "differs"),
        *("uncompared", "notes", "folder", "replay", "run_id"),
    ):
        assert name in found
    assert (Path(found["folder"]) / "compare.json").is_file()


def test_the_start_of_an_id_is_enough_to_replay(
    done: subprocess.CompletedProcess[str], repo: Path, tmp_path: Path
) -> None:
    first = json.loads(done.stdout)
    arguments = ("--replay", first["run_id"][:-2], "--out", str(tmp_path), "--json")
    again = hotloop("compare", ".", *arguments, cwd=repo)
    assert again.returncode in (0, 3), again.stderr
    found = json.loads(again.stdout)
    assert found["replay"]["run_id"] == first["run_id"]
    assert (found["base"], found["candidate"]) == (first["base"], first["candidate"])


def test_a_runs_samples_are_exported_for_pyperf(
    done: subprocess.CompletedProcess[str], tmp_path: Path
) -> None:
    compared = Path(json.loads(done.stdout)["folder"])
    verdict = json.loads((compared / "compare.json").read_text())["verdict"]
    run = tmp_path / "run"
    run.mkdir()
    result = {"run_id": "run", "status": "no_improvement"}
    record = {
        "result": result,
        "created": "2026-01-01T00:00:00Z",
        "repo": "somewhere/project",
        "verdict": verdict,
    }
    (run / "run.json").write_text(json.dumps(record))
    nothing = hotloop("show", str(run), "--export", "pyperf", cwd=tmp_path)
    assert nothing.returncode == 2
    assert "nothing to export" in nothing.stderr

    (run / "samples.json").write_bytes((compared / "samples.json").read_bytes())
    exported = hotloop("show", str(run), "--export", "pyperf", cwd=tmp_path)
    assert exported.returncode == 0, exported.stderr
    command = [sys.executable, "-m", "pyperf", "compare_to", *exported.stdout.split()]
    read = subprocess.run(command, capture_output=True, text=True, check=False)
    assert read.returncode == 0, read.stderr
    assert "faster" in read.stdout


def test_slower_is_exit_3_with_a_summary_in_words(repo: Path) -> None:
    done = hotloop("compare", ".", "--base", "v2", "--candidate", "v1", *FAST, cwd=repo)
    assert done.returncode == 3, done.stderr
    assert done.stdout.startswith("Not faster: 0.")
    for word in ("v2", "v1", "98 %", "1.020×", "CPU time", "Engine", "--replay"):
        assert word in done.stdout
    assert "\x1b" not in done.stdout


def test_a_command_is_compared(repo: Path, tmp_path: Path) -> None:
    done = hotloop(
        *("compare", str(repo), "--base", "v1", "--candidate", "v2", "--command", PRINTED),
        *(
            "--engine",
            "co-scheduled",
            "--sandbox",
            "local",
            "--max-seconds",
            "6",
            "--out",
            str(tmp_path),
            "--json",
        ),
        cwd=tmp_path,
    )
    assert done.returncode in (0, 3), done.stderr
    found = json.loads(done.stdout)
    assert found["engine"] == "co-scheduled"
    assert found["differs"] is None
    assert found["ratio"] > 1.1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--base", "v9", "--candidate", "v2", *FAST), ("no revision 'v9'", "git log")),
        (("--base", "v1", "--candidate", "none.patch", *FAST), ("none.patch", "nor a file")),
        (("--base", "v2", "--candidate", "../fix.patch", *FAST), ("cannot be applied", "--no-renames")),
        (("--base", "v1", "--candidate", "--oops", *FAST), ("--oops",)),
        (("--base", "v1", *FAST), ("--candidate",)),
        (("--base", "v1", "--candidate", "v2", "--sandbox", "local"), ("--workload or --command",)),
        (("--base", "v1", "--candidate", "v2", *FAST, "--workload", "none.py"), ("none.py", "--workload")),
        (("--base", "v1", "--candidate", "v2", *FAST, "--command", "true"), ("workload", "command")),
        (("--base", "v1", "--candidate", "v2", *FAST, "--max-seconds", "0"), ("--max-seconds",)),
        (("--base", "v1", "--candidate", "v2", *FAST, "--engine", "fast"), ("--engine",)),
        (("--base", "v1", "--candidate", "v2", *FAST, "--confidence", "2"), ("--confidence",)),
        (("--replay", "2001"), ("No such run", "2001")),
        (("--replay", "2001", "--seed", "0"), ("--seed", "--replay")),
    ],
)
def test_a_mistake_gets_one_line_and_exit_code_2(
    repo: Path, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    before = sorted(repo.rglob("*"))
    done = hotloop("compare", ".", *arguments, "--json", cwd=repo)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    last = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(last) == 1, done.stderr
    for word in words:
        assert word in last[0]
    assert sorted(repo.rglob("*")) == before


@pytest.mark.parametrize(
    ("repo_name", "base", "words"),
    [
        ("pypi:idna", "3.1000", ("no wheel of idna==3.1000", "newest")),
        ("pypi:idna", "latest", ("'latest' is not a version",)),
        ("pypi:", "1.0", ("no name of a package",)),
    ],
)
def test_a_release_that_does_not_exist_is_told_the_same_way(
    tmp_path: Path, repo_name: str, base: str, words: tuple[str, ...]
) -> None:
    (tmp_path / "w.py").write_text("def workload():\n    return 1\n")
    arguments = ("--base", base, "--candidate", "3.7", "--workload", "w.py", "--sandbox", "local")
    done = hotloop("compare", repo_name, *arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    for word in words:
        assert word in done.stderr
    assert not (tmp_path / ".hotloop").exists()


def test_two_releases_are_compared(tmp_path: Path) -> None:
    """cachetools 6.1.0: "improve LFUCache insertion performance"; before, each eviction sorted all counts."""
    (tmp_path / "w.py").write_text(
        "import random\nfrom cachetools import LFUCache\n\n"
        "def setup(seed):\n    draw = random.Random(seed)\n    return [draw.random() for _ in range(800)]\n\n"
        "def workload(state):\n"
        "    cache = LFUCache(maxsize=400)\n"
        "    for key in state:\n        cache[key] = key\n"
        "    return len(cache)\n"
    )
    done = hotloop(
        *("compare", "pypi:cachetools", "--base", "6.0.0", "--candidate", "6.1.0", "--workload", "w.py"),
        *("--sandbox", "local", "--max-seconds", "6", "--json"),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert (found["verdict"], found["base"]["kind"], found["differs"]) == ("faster", "release", None)
    assert found["ratio"] > 2


def test_doctor_prints_one_object(tmp_path: Path) -> None:
    done = hotloop("doctor", "--sandbox", "local", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["schema_version"] == 1
    assert [one["name"] for one in found["sandboxes"]] == ["local"]
    assert found["noise"] is None
    assert list(tmp_path.iterdir()) == []
