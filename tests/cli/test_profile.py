"""hotloop profile, as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hotloop.cli.main import main

CODE = """\
def slow(number):
    return sum(i * i for i in range(number % 40 + 200))

def ask(numbers):
    return [slow(7) for _ in numbers]
"""
BENCH = """\
import code_under_test as code

def setup(seed):
    return list(range(300))

def workload(numbers):
    return code.ask(numbers)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "code_under_test.py").write_text(CODE)
    (tmp_path / "bench.py").write_text(BENCH)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def profile(*arguments: str) -> int:
    return main(["profile", ".", "--workload", "bench.py", "--sandbox", "local", *arguments])


def test_the_table_names_functions_and_facts_and_the_flame_graph_is_written(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert profile("--facts", "--export", "svg", "--out", "flames.svg") == 0
    shown = capsys.readouterr().out

    assert "code_under_test.py:1" in shown
    assert "calls slow 300 times a call" in shown
    assert "asked the same again in 100% of its calls" in shown
    assert "<title>slow (code_under_test.py:" in (project / "flames.svg").read_text()


def test_json_has_one_object_with_the_unit(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert profile("--json", "--top", "1", "--profiler", "memray") == 0
    found = json.loads(capsys.readouterr().out)

    assert (found["schema_version"], found["profiler"], found["unit"]) == (1, "memray", "bytes")
    assert len(found["hotspots"]) == 1


def test_an_export_to_stdout_is_all_that_is_there(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert profile("--profiler", "memray", "--export", "speedscope", "--out", "-") == 0

    assert json.loads(capsys.readouterr().out)["exporter"] == "hotloop"


def test_a_file_to_export_to_needs_a_format(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert profile("--out", "flames.svg") == 2
    assert "Add --export speedscope|collapsed|svg" in capsys.readouterr().err


def test_a_run_is_not_led_by_a_profiler_of_something_else(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLOOP_PROFILER", "memray")

    assert main(["optimize", ".", "--workload", "bench.py", "--sandbox", "local"]) == 2
    assert "memray does not measure time" in capsys.readouterr().err
