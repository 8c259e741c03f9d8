from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from hotloop.errors import UsageError
from hotloop.sandboxes import registry
from hotloop.sandboxes.bubblewrap import BubblewrapBackend


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no-such.sock")


def test_an_unknown_name_is_refused_with_the_choices(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="auto, bubblewrap, docker, local"):
        registry.make("bubble", tmp_path)


@pytest.mark.usefixtures("no_engine")
def test_docker_without_an_engine_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="DOCKER_HOST"):
        registry.choose("docker", model_written=False, tools=tmp_path, log=print)


@pytest.mark.usefixtures("no_engine")
def test_auto_falls_back_to_local_and_says_why(tmp_path: Path) -> None:
    said: list[str] = []
    backend = registry.choose("auto", model_written=False, tools=tmp_path, log=said.append)
    assert backend.name == "local"
    assert len(said) == 1
    assert "local" in said[0]
    assert "No Docker engine answers" in said[0]


@pytest.mark.usefixtures("no_engine")
def test_code_of_a_model_falls_back_to_bubblewrap_and_says_why(tmp_path: Path) -> None:
    said: list[str] = []
    backend = registry.choose("auto", model_written=True, tools=tmp_path, state_dir=tmp_path, log=said.append)
    assert backend.name == "bubblewrap"
    assert "No Docker engine answers" in said[0]


@pytest.mark.usefixtures("no_engine")
def test_code_of_a_model_does_not_fall_back_to_local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match=r"bubblewrap is not installed(.|\n)*--sandbox local"):
        registry.choose("auto", model_written=True, tools=tmp_path, state_dir=tmp_path, log=print)


@pytest.mark.parametrize("promise", registry.NEEDED_BY_UNTRUSTED_CODE)
def test_a_sandbox_that_cannot_hold_it_refuses_code_of_a_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, promise: str
) -> None:
    full = BubblewrapBackend(tmp_path, tmp_path).capabilities
    monkeypatch.setattr(BubblewrapBackend, "capabilities", dataclasses.replace(full, **{promise: False}))
    with pytest.raises(UsageError, match=promise):
        registry.choose("bubblewrap", model_written=True, tools=tmp_path, state_dir=tmp_path, log=print)
    trusted = registry.choose(
        "bubblewrap", model_written=False, tools=tmp_path, state_dir=tmp_path, log=print
    )
    assert trusted.name == "bubblewrap"


def test_code_of_a_model_runs_in_local_when_local_was_said(tmp_path: Path) -> None:
    backend = registry.choose("local", model_written=True, tools=tmp_path, log=print)
    assert backend.name == "local"


@pytest.mark.docker
@pytest.mark.parametrize("model_written", [True, False])
def test_auto_prefers_docker_and_says_so(tmp_path: Path, model_written: bool) -> None:
    said: list[str] = []
    backend = registry.choose("auto", model_written=model_written, tools=tmp_path, log=said.append)
    assert backend.name == "docker"
    assert "docker" in said[0]


def test_the_docker_package_is_not_loaded_before_it_is_needed() -> None:
    code = """
import sys
from pathlib import Path
from hotloop.sandboxes import local, registry
registry.make("docker", Path("/tmp"))
sys.exit("docker" in sys.modules or "requests" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
