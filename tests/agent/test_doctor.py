"""What the doctor finds, on this machine and on made-up ones."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import pytest
from rich.console import Console

from hotloop.agent import doctor
from hotloop.agent.report.doctor import diagnosis_page
from hotloop.errors import UsageError
from hotloop.profilers.compare import MIN_PAIRS
from hotloop.sandboxes import docker_engine, local
from hotloop.sandboxes.base import Capabilities
from hotloop.sandboxes.local import LocalBackend

QUIET = {
    "usable_cores": 8,
    "load_average": [0.1, 0.1, 0.1],
    "governor": "performance",
    "boost": False,
    "smt": False,
    "steal_share": 0.0,
    "perf_counters": True,
    "rapl": "readable",
    "ptrace_scope": 1,
}


def test_a_quiet_machine_has_no_findings() -> None:
    assert doctor.findings(QUIET, "linux") == []


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        ({"usable_cores": 1}, "one core"),
        ({"load_average": [7.5, 1, 1]}, "busy"),
        ({"governor": "powersave"}, "governor"),
        ({"boost": True}, "boost"),
        ({"smt": True}, "sibling"),
        ({"steal_share": 0.05}, "host takes"),
        ({"perf_counters": False}, "valgrind only"),
        ({"rapl": "unreadable"}, "energy"),
        ({"ptrace_scope": 3}, "py-spy"),
    ],
)
def test_each_fact_that_costs_something_is_told_alone(fact: dict[str, object], words: str) -> None:
    (found,) = doctor.findings({**QUIET, **fact}, "linux")
    assert words in found.what


def test_what_a_machine_does_not_tell_is_not_held_against_it() -> None:
    told = [finding.what for finding in doctor.findings({"usable_cores": 2}, "linux")]
    assert len(told) == 2
    assert all("counters" in what for what in told)


def test_elsewhere_than_on_linux_only_docker_is_named() -> None:
    (found,) = doctor.findings({}, "darwin")
    assert "docker" in found.what


def test_a_sandbox_that_works_says_what_it_holds(tmp_path: Path) -> None:
    found = doctor.look_at_sandbox(LocalBackend(tmp_path, tmp_path / "state"))
    assert found.usable
    assert found.capabilities is not None
    assert found.capabilities["isolates_files"] is False
    assert any("this user's files" in finding.what for finding in found.findings)


def test_every_promise_has_words_for_when_it_cannot_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = Capabilities(*[False] * 7)
    backend = LocalBackend(Path(), Path("state"))
    monkeypatch.setattr(LocalBackend, "capabilities", nothing)
    found = doctor.look_at_sandbox(backend).findings
    assert len(found) == 7
    assert all(finding.remedy for finding in found)


def test_a_sandbox_that_does_not_work_says_why_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local.sys, "platform", "darwin")
    found = doctor.look_at_sandbox(LocalBackend(tmp_path, tmp_path))
    assert (found.usable, found.capabilities) == (False, None)
    assert "Linux" in found.problem
    assert "docker" in found.remedy


def test_an_engine_that_does_not_answer_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    found = doctor.diagnose("auto", noise=False, confidence=0.98, log=lambda message: None)
    usable = {one.name: one.usable for one in found.sandboxes}
    assert usable == {"bubblewrap": True, "docker": False, "local": True}
    with pytest.raises(UsageError, match="No Docker engine answers"):
        doctor.diagnose("docker", noise=True, confidence=0.98, log=lambda message: None)


@pytest.mark.docker
def test_an_engine_on_this_machine_has_nothing_against_it() -> None:
    found = docker_engine.describe_engine()
    assert (found.elsewhere, found.rootless) == ("", False)


def test_noise_is_measured_shown_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(doctor, "NOISE_SECONDS", 1.0)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    found = doctor.diagnose("local", noise=True, confidence=0.9, log=lambda message: None)

    noise = found.noise
    assert noise is not None
    assert noise.pairs >= MIN_PAIRS
    assert noise.interval.low < noise.interval.ratio < noise.interval.high
    assert [budget.seconds for budget in noise.budgets] == [5.0, 20.0, 60.0]
    gains = [budget.detectable for budget in noise.budgets if budget.detectable is not None]
    assert gains == sorted(gains, reverse=True)
    assert all(gain > 1 for gain in gains)
    assert [path.name for path in tmp_path.iterdir() if not path.name.endswith(".lock")] == []

    console = Console(record=True, width=100, file=io.StringIO())
    console.print(diagnosis_page(found))
    shown = console.export_text()
    assert "Gain it can show in 20 s" in shown
    assert "local" in shown
