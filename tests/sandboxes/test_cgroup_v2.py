"""Sandboxes on this machine's version 2 hierarchy, beside version 1 too (there it has the clock alone)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hotloop.sandboxes import cgroup
from hotloop.sandboxes.base import EnvironmentSpec, ProcessEnded
from hotloop.sandboxes.bubblewrap import BubblewrapBackend
from hotloop.sandboxes.cgroup import Family, all_groups, hierarchies
from hotloop.sandboxes.local import LocalBackend

BURN = """
import sys, time, subprocess
for line in sys.stdin:
    if line.strip() == "child":
        subprocess.run([sys.executable, "-c", "import time\\nwhile time.process_time() < 0.3: pass"])
    print(time.process_time(), flush=True)
"""


@pytest.fixture
def family() -> Family:
    found = cgroup._version_2([one for one in hierarchies() if one.version == 2])
    if found is None:
        pytest.skip("no version 2 hierarchy can be written to")
    return found


@pytest.fixture(params=[LocalBackend, BubblewrapBackend])
def backend(
    request: pytest.FixtureRequest, family: Family, tmp_path: Path
) -> LocalBackend | BubblewrapBackend:
    (tmp_path / "tools").mkdir()
    made: LocalBackend | BubblewrapBackend = request.param(tmp_path / "tools", tmp_path / "state")
    made.__dict__["_family"] = family
    return made


def test_the_clock_counts_children_and_the_group_goes_with_its_process(
    backend: LocalBackend | BubblewrapBackend, family: Family, tmp_path: Path
) -> None:
    (tmp_path / "tree").mkdir()
    environment = backend.prepare(EnvironmentSpec(), tmp_path / "tree", lambda message: None)
    with backend.start(environment, tmp_path / "tree", run_id="unified") as sandbox:
        process = sandbox.spawn([environment.python, "-c", BURN])
        assert process.clock == "cgroup-v2"
        process.send(b"once\n")
        process.read_line(60.0, 100)
        before = process.cpu_ns()
        process.send(b"child\n")
        process.read_line(60.0, 100)
        assert 300_000_000 <= process.cpu_ns() - before < 3_000_000_000
        assert sum(bool(group.pids()) for group in all_groups("") if _is_below(group.folders[0], family)) == 1
        process.kill()
        with pytest.raises(ProcessEnded):
            process.send(b"more\n")
        assert process.cpu_ns() - before >= 300_000_000
    assert not any(group.pids() for group in all_groups("") if _is_below(group.folders[0], family))


def _is_below(folder: Path, family: Family) -> bool:
    return any(folder.is_relative_to(parent) for parent in family.folders)


def test_killing_a_group_ends_all_in_it_and_its_folder_goes(family: Family) -> None:
    group = family.create(f"test-{os.getpid()}", memory=1 << 28, processes=20)
    pid = os.posix_spawn(
        "/bin/sh",
        ["sh", "-c", f"echo $$ > {group.entrances[0]}; sleep 98765 & exec sleep 98765"],
        os.environ,
    )
    while len(group.pids()) < 2:
        assert os.waitpid(pid, os.WNOHANG) == (0, 0)
    group.kill()
    os.waitpid(pid, 0)
    group.remove()
    assert not group.folders[0].exists()
