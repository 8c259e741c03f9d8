"""How often each rewrite was proposed and verified is read from the runs' own records."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hotloop.agent.coder.catalog.catalog import CATALOG
from hotloop.agent.result import RunRecord, RunResult, Status
from hotloop.agent.state import Candidate, Evidence, GateResult
from hotloop.profilers.verdict import Interval, Outcome, Verdict

BENCHMARKS = Path(__file__).resolve().parents[3] / "benchmarks"


def candidate(number: int, origin: str) -> Candidate:
    return Candidate(id=number, round=1, parent=None, summary="", origin=origin, key=str(number), patch="")


def verdict(outcome: Outcome) -> Verdict:
    ratio = Interval(ratio=1.2, low=1.1, high=1.3)
    return Verdict(
        outcome=outcome,
        ratio=1.2,
        low=1.1,
        high=1.3,
        confidence=0.98,
        min_speedup=1.02,
        engine="ping-pong",
        metric="cpu",
        clock="process",
        cpu=ratio,
        wall=ratio,
        first_call=ratio,
        phases={},
        moved=0.0,
        pairs=1,
        calls=1,
        seconds=1.0,
        peak_memory=(1, 1),
    )


def evidence(number: int, origin: str, passed: bool, outcome: Outcome) -> Evidence:
    gates = (GateResult(gate="tests", passed=True), GateResult(gate="speed", passed=passed))
    return Evidence(candidate=candidate(number, origin), gates=gates, verdict=verdict(outcome))


def save(folder: Path, run_id: str, found: tuple[Evidence, ...]) -> None:
    record = RunRecord(
        result=RunResult(run_id=run_id, status=Status.NO_IMPROVEMENT), created="", repo="", evidence=found
    )
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(record.model_dump_json())


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    constant = "catalog:set-for-constant"
    wrong = (GateResult(gate="equivalence", passed=False),)
    save(
        tmp_path / "a" / "1",
        "one",
        (
            evidence(1, constant, True, Outcome.FASTER),
            evidence(2, constant, False, Outcome.INCONCLUSIVE),
            Evidence(candidate=candidate(3, "catalog:min-for-sorted"), gates=wrong),
            evidence(4, "model:some", True, Outcome.FASTER),
        ),
    )
    save(tmp_path / "b", "two", (evidence(1, constant, False, Outcome.NOT_FASTER),))
    return tmp_path


def script(*arguments: str, name: str = "catalog_runs.py") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(BENCHMARKS / name), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def counted(*folders: Path) -> dict[str, Any]:
    found = script("--json", *map(str, folders))
    assert found.returncode == 0, found.stderr
    return dict(json.loads(found.stdout))


def test_only_a_candidate_that_passed_every_gate_as_faster_is_verified(runs: Path) -> None:
    found = counted(runs)
    assert found["runs"] == 2
    assert found["rewrites"]["set-for-constant"] == {"proposed": 3, "verified": 1, "stopped": {"speed": 2}}
    assert found["rewrites"]["min-for-sorted"] == {
        "proposed": 1,
        "verified": 0,
        "stopped": {"equivalence": 1},
    }


def test_every_rewrite_is_listed_and_no_candidate_of_a_model(runs: Path) -> None:
    assert list(counted(runs)["rewrites"]) == [rewrite.name for rewrite in CATALOG]


def test_a_run_that_is_named_twice_counts_once(runs: Path) -> None:
    assert counted(runs, runs / "b") == counted(runs)


def test_a_table_for_a_page_has_one_row_for_each_rewrite(runs: Path) -> None:
    lines = script("--markdown", str(runs)).stdout.splitlines()
    assert "| `set-for-constant` | 3 | 1 |" in lines
    assert len(lines) == 2 + len(CATALOG)


def test_a_folder_without_runs_is_refused(tmp_path: Path) -> None:
    found = script(str(tmp_path))
    assert found.returncode == 2
    assert "no run.json" in found.stderr


def test_the_page_has_sites_packages_and_what_the_runs_gave(runs: Path) -> None:
    package = runs / "package"
    package.mkdir()
    (package / "names.py").write_text(
        "NAMES = ['a', 'b', 'c', 'd', 'e']\n\ndef known(x: str):\n    return x in NAMES\n"
    )
    found = script("--markdown", str(package), "--runs", str(runs), name="catalog_sites.py")
    (row,) = [line for line in found.stdout.splitlines() if line.startswith("| `set-for-constant` ")]
    assert row.endswith(" | 1 | 1 | 3 | 1 |")
