"""Comparisons of real repositories, in real processes, by the local sandbox."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hotloop.agent.comparison import (
    CompareRecord,
    Request,
    compare_revisions,
    load_comparison,
    replay_of,
)
from hotloop.agent.comparison_record import Relation, changed, relate, result_of
from hotloop.agent.settings import Settings
from hotloop.errors import UsageError
from hotloop.profilers.engines import turns
from hotloop.profilers.verdict import Outcome
from hotloop.repos.source import open_source
from hotloop.sandboxes.docker_container import RUN_LABEL

TWICE = """\
def total(numbers):
    for _ in range(2):
        found = [number * number % 7 for number in numbers]
    return found
"""
ONCE = "def total(numbers):\n    return [number * number % 7 for number in numbers]\n"
WRONG = "def total(numbers):\n    return [number * number % 8 for number in numbers]\n"
BROKEN = "raise RuntimeError('not written yet')\n"
WORKLOAD = """\
from pkg.core import total

def setup(seed):
    return [(seed + number) % 1000 for number in range(4000)]

def workload(state):
    return total(state)
"""


@pytest.fixture(autouse=True, scope="module")
def short_pairs() -> Iterator[None]:
    """A fifth of the usual time a process pair: these ratios are far from one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(turns, "PAIR_NS", 2e8)
        yield


def git(place: Path, *words: str) -> None:
    command = ["git", "-c", "user.name=T", "-c", "user.email=t@localhost", *words]
    subprocess.run(command, cwd=place, check=True, capture_output=True)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Commits tagged twice, once, wrong and broken; the last one has the code below src."""
    place = tmp_path_factory.mktemp("repo") / "project"
    (place / "pkg").mkdir(parents=True)
    (place / "pkg" / "__init__.py").write_text("")
    git(place, "init", "-q")
    for name, text in (("twice", TWICE), ("once", ONCE), ("wrong", WRONG), ("broken", BROKEN)):
        (place / "pkg" / "core.py").write_text(text)
        git(place, "add", ".")
        git(place, "commit", "-q", "-m", name)
        git(place, "tag", name)
    (place / "src").mkdir()
    git(place, "mv", "pkg", "src/pkg")
    (place / "src" / "pkg" / "core.py").write_text(ONCE)
    git(place, "commit", "-q", "-a", "-m", "moved")
    git(place, "tag", "moved")
    (place / "bench.py").write_text(WORKLOAD)
    return place


@pytest.fixture(scope="module")
def found(original: Path) -> CompareRecord:
    """Half the work, measured once for all who look at it."""
    return compared(original, "once", seed=7)


@pytest.fixture
def repo(original: Path, tmp_path: Path) -> Path:
    """A copy to change."""
    ignore = shutil.ignore_patterns(".hotloop")
    return shutil.copytree(original, tmp_path / "project", ignore=ignore)


def compared(repo: Path, candidate: str, base: str = "twice", **changes: Any) -> CompareRecord:
    known = {"workload": Path("bench.py"), "sandbox": "local", "measure_seconds": 10.0}
    settings = Settings(**{**known, **changes})
    source = open_source(repo, clean=False)
    return compare_revisions(Request(str(repo), source, base, candidate, settings))


def kept(repo: Path) -> list[Path]:
    return sorted((repo / ".hotloop" / "compares").glob("*"))


def test_half_the_work_is_faster_and_all_of_it_is_kept(found: CompareRecord, original: Path) -> None:
    record, folder = found, Path(found.folder)

    assert record.holds
    assert 1.3 < record.verdict.ratio < 3.0
    assert record.verdict.differs is None
    assert load_comparison(folder) == record
    assert kept(original) == [folder]
    files = {path.name for path in folder.iterdir()}
    assert files == {
        *("compare.json", "samples.json", "events.jsonl", "base.pyperf.json", "candidate.pyperf.json"),
    }
    result = result_of(record)
    assert json.loads(json.dumps(result)) == result
    assert (result["verdict"], result["base"]["named"]) == ("faster", "twice")
    assert set(result["peak_memory"]) == {"base", "candidate"}


def test_pyperf_reads_what_was_kept(found: CompareRecord) -> None:
    command = [sys.executable, "-m", "pyperf", "compare_to", "base.pyperf.json", "candidate.pyperf.json"]
    done = subprocess.run(command, cwd=found.folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "faster" in done.stdout


def test_a_replay_measures_the_same_again_and_says_how_it_relates(
    found: CompareRecord, repo: Path, tmp_path: Path
) -> None:
    first = found
    git(repo, "tag", "-d", "once")
    (repo / "bench.py").unlink()
    again = compare_revisions(replay_of(first, str(repo), tmp_path / "elsewhere"))

    assert Path(again.folder).parent == tmp_path / "elsewhere"
    assert again.settings == first.settings
    assert (again.base, again.candidate) == (first.base, first.candidate)
    assert again.replay is not None
    assert (again.replay.run_id, again.replay.outcome) == (first.run_id, Outcome.FASTER)
    assert again.replay.relation is relate(first.verdict, again.verdict)
    assert again.replay.differs == ()


def test_results_that_differ_settle_nothing(repo: Path) -> None:
    record = compared(repo, "wrong", base="once")
    assert record.verdict.outcome is Outcome.INCONCLUSIVE
    assert record.verdict.differs is not None
    assert record.noise is None
    assert not record.holds


@pytest.mark.docker
def test_containers_give_the_same_answer_and_are_gone_afterwards(repo: Path) -> None:
    record = compared(repo, "wrong", base="once", sandbox="docker")
    assert record.sandbox == "docker"
    assert record.verdict.differs is not None
    command = ["docker", "ps", "--all", "--quiet", "--filter", f"label={RUN_LABEL}={record.run_id}"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == ""


def test_code_that_moved_to_another_folder_is_found_on_both_sides(repo: Path) -> None:
    record = compared(repo, "moved", base="wrong")
    assert record.verdict.differs is not None
    assert record.verdict.pairs == 1


def test_a_candidate_that_cannot_run_is_told_and_leaves_nothing(repo: Path) -> None:
    with pytest.raises(UsageError, match=r"fails at the candidate: .*not written yet"):
        compared(repo, "broken")
    assert not (repo / ".hotloop").exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"workload": Path("none.py")}, "No such workload: none.py"),
        ({"workload": None}, "what is to be timed"),
        ({"subdir": Path("lib")}, "no folder lib"),
        ({"rebuild": "echo no compiler; exit 1"}, "no compiler"),
    ],
)
def test_a_mistake_is_told_and_leaves_nothing(repo: Path, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        compared(repo, "once", **changes)
    assert not (repo / ".hotloop").exists()


def test_each_side_is_rebuilt(repo: Path) -> None:
    """Without its rebuild, a side would lack the module that its workload imports."""
    workload = WORKLOAD.replace("pkg.core", "pkg.made")
    (repo / "bench.py").write_text(workload)
    record = compared(repo, "wrong", base="once", rebuild="cp pkg/core.py pkg/made.py")
    assert record.verdict.differs is not None
    assert record.verdict.pairs == 1


def test_a_workload_of_the_candidate_alone_serves_both(repo: Path) -> None:
    git(repo, "checkout", "-q", "-b", "with-bench", "once")
    (repo / "perf").mkdir()
    (repo / "bench.py").rename(repo / "perf" / "timed.py")
    git(repo, "add", "perf")
    git(repo, "commit", "-q", "-m", "Add a workload")
    git(repo, "checkout", "-q", "twice")
    record = compared(repo, "with-bench", base="wrong", workload=Path("perf/timed.py"))
    assert record.workload.path == "perf/timed.py"
    assert record.workload.text == WORKLOAD


def test_relations_follow_from_outcomes_and_intervals(found: CompareRecord) -> None:
    sure = found.verdict.model_copy(update={"ratio": 1.2, "low": 1.1, "high": 1.3})
    unsure = sure.model_copy(update={"outcome": Outcome.INCONCLUSIVE, "low": 0.9})
    slower = sure.model_copy(update={"outcome": Outcome.NOT_FASTER, "low": 0.8, "high": 1.01})
    better = sure.model_copy(update={"low": 1.4, "high": 1.5})

    assert relate(sure, sure) is Relation.CONFIRMED
    assert relate(sure, unsure) is relate(unsure, sure) is Relation.COMPATIBLE
    assert relate(unsure, unsure) is Relation.CONFIRMED
    assert relate(sure, slower) is Relation.CONTRADICTED
    assert relate(sure, better) is Relation.CONTRADICTED

    elsewhere = found.model_copy(
        update={
            "machine": {**found.machine, "cpu": "another", "load_average": [9, 9, 9]},
            "sandbox": "docker",
        }
    )
    assert [line.partition(":")[0] for line in changed(found, elsewhere)] == ["cpu", "sandbox"]
