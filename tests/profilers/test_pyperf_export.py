"""Exports are read back by pyperf itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pyperf
import pytest

from hotloop.profilers.pyperf_export import suite, write_suites


def cost(call: int, wall: int) -> dict[str, int]:
    return {"setup": 0, "call": call, "digest": 0, "idle": 0, "wall": wall, "wall_around": 0}


def samples(**plan: Any) -> dict[str, Any]:
    """Three process pairs of four requests; base takes 8 ms a request and the candidate 4."""
    drift = (0, 10_000, 20_000)
    return {
        "clock": "cgroup-v2",
        "plan": {"batch": 2, "rounds": 4, "first_only": False, **plan},
        "pairs": [
            {
                "base": {"costs": [cost(8_000_000 + more, 9_000_000 + more)] * 4},
                "candidate": {"costs": [cost(4_000_000 + more, 6_000_000 + more)] * 4},
            }
            for more in drift
        ],
    }


def values(found: pyperf.BenchmarkSuite) -> list[float]:
    (benchmark,) = found.get_benchmarks()
    return list(benchmark.get_values())


def test_a_process_is_a_run_and_a_value_is_seconds_a_call(tmp_path: Path) -> None:
    base, candidate = write_suites(samples(), tmp_path, name="project", metric="cpu")
    (benchmark,) = pyperf.BenchmarkSuite.load(str(base)).get_benchmarks()
    assert benchmark.get_name() == "project"
    assert [len(run.values) for run in benchmark.get_runs()] == [4, 4, 4]
    assert benchmark.get_values()[0] == pytest.approx(0.004)
    assert values(pyperf.BenchmarkSuite.load(str(candidate)))[0] == pytest.approx(0.002)


def test_what_decided_is_what_is_exported() -> None:
    assert values(suite(samples(), "candidate", name="x", metric="wall"))[0] == pytest.approx(0.003)


def test_where_only_first_calls_count_only_they_are_exported() -> None:
    assert len(values(suite(samples(first_only=True), "base", name="x", metric="cpu"))) == 3


def test_pyperf_compares_the_two_files(tmp_path: Path) -> None:
    write_suites(samples(), tmp_path, name="a\nname \x1b[2J", metric="cpu")
    command = [sys.executable, "-m", "pyperf", "compare_to", "base.pyperf.json", "candidate.pyperf.json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "2.00x faster" in done.stdout
    assert "\x1b" not in done.stdout


def test_a_call_below_the_clocks_resolution_is_not_zero() -> None:
    found = samples()
    found["pairs"][0]["base"]["costs"] = [cost(0, 0)]
    assert min(values(suite(found, "base", name="x", metric="cpu"))) > 0
