"""What the doctor checks before a run begins, on this machine and on made-up ones."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from hotloop.agent import doctor_checks
from hotloop.agent.doctor_checks import checks
from hotloop.errors import UsageError
from hotloop.sandboxes import docker_engine, overlay
from hotloop.sandboxes.docker_engine import EngineFacts


def only(name: str, sandbox: str = "local") -> doctor_checks.Check:
    (found,) = [one for one in checks(sandbox) if one.name == name]
    return found


def test_every_check_that_fails_has_its_remedy_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0})
    monkeypatch.setattr(doctor_checks, "PTRACE_SEIZE", -1)
    monkeypatch.setattr(doctor_checks, "_UNSHARE", "raise SystemExit(1)")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: SimpleNamespace(free=1e9))
    monkeypatch.setattr(doctor_checks.Family, "find", lambda: None)
    found = checks("auto")
    assert {one.name for one in found} == {
        *("docker engine", "control groups", "cores to pin", "ptrace for py-spy", "user namespaces"),
        *("trees", "disk space"),
    }
    for one in found:
        assert not one.ok
        assert one.remedy
        assert "\n" not in f"{one.found}{one.remedy}"


def test_a_check_that_holds_has_no_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1})
    assert only("cores to pin") == doctor_checks.Check(name="cores to pin", ok=True, found="2 usable")
    assert only("ptrace for py-spy").ok == (only("ptrace for py-spy").remedy == "")


def test_whether_trees_are_overlays_is_tried_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    why = overlay.why_not(tmp_path / "layers")
    assert only("trees").ok == (why is None)
    monkeypatch.setenv(overlay.SETTING, "copy")
    assert only("trees").found == "copied file by file: HOTLOOP_TREES=copy is set"
    assert not overlay.release(tmp_path)


def test_one_line_is_said_for_a_disk_however_much_lies_on_it(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path_factory.mktemp("places")
    for variable in ("XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(variable, str(place / "not" / "there" / "yet"))
    monkeypatch.chdir(place)
    monkeypatch.setattr("tempfile.tempdir", str(place))
    assert "this folder, state, environments, temporary files" in only("disk space").found
    assert list(place.iterdir()) == []


@pytest.mark.parametrize(
    ("api", "old"),
    [("1.40", True), ("1.41", False), ("1.9", True), ("1.50", False), ("2.0", False), ("", True)],
)
def test_an_engine_before_20_10_is_too_old(api: str, old: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = EngineFacts(
        "in a virtual machine", rootless=False, version="19.03", api=api, cgroup="1", root="/"
    )
    monkeypatch.setattr(docker_engine, "describe_engine", lambda: facts)
    monkeypatch.setattr(doctor_checks, "base_image", lambda: doctor_checks.Check(name="i", ok=True, found=""))
    found = only("docker engine", "docker")
    assert found.ok is not old
    assert ("20.10" in found.remedy) is old
    assert "19.03" in found.found
    client = SimpleNamespace(version=lambda: {"ApiVersion": api, "Version": "19.03"})
    if old:
        with pytest.raises(UsageError, match="too old"):
            docker_engine.refuse_old(client)  # type: ignore[arg-type]  # all that is asked of a client
    else:
        docker_engine.refuse_old(client)  # type: ignore[arg-type]  # as above


@pytest.mark.docker
def test_the_engine_of_this_machine_is_described(monkeypatch: pytest.MonkeyPatch) -> None:
    found = only("docker engine", "docker")
    assert found.ok
    assert "API 1." in found.found
    assert only("base image", "docker").ok
    monkeypatch.setenv("HOTLOOP_BASE_IMAGE", "hotloop-nobody-made-this")
    monkeypatch.setenv("HOTLOOP_DOCKER_BASE", "hotloop-nor-this")
    missing = only("base image", "docker")
    assert not missing.ok
    assert "docker pull hotloop-nor-this" in missing.remedy
