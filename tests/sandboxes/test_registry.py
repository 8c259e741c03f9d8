from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hotloop.errors import UsageError
from hotloop.sandboxes import registry


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no-such.sock")


def test_an_unknown_name_is_refused_with_the_choices(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="auto, docker, local"):
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
def test_code_of_a_model_does_not_fall_back_to_local(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--sandbox local"):
        registry.choose("auto", model_written=True, tools=tmp_path, log=print)


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
