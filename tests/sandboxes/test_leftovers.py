"""Whose something is, and what of it may go."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from hotloop.sandboxes import leftovers, owners, proc
from hotloop.sandboxes.cgroup import Family, all_groups
from hotloop.sandboxes.leftovers import groups_left, sandboxes_left, temporary_left
from hotloop.sandboxes.owners import Life, life_of, temporary_folder
from hotloop.sandboxes.usage import disk_usage

MAKER = (
    "import time; from hotloop.sandboxes import owners; {code}; "
    "print(owners.token(), flush=True); time.sleep(60)"
)


def started(code: str = "pass") -> tuple[subprocess.Popen[str], str]:
    """A process that has run `code`, and its token."""
    process = subprocess.Popen(
        [sys.executable, "-c", MAKER.format(code=code)], stdout=subprocess.PIPE, text=True, env=os.environ
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def killed(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_a_process_lives_until_it_is_killed() -> None:
    process, token = started()
    assert life_of(token) is Life.ALIVE
    killed(process)
    assert life_of(token) is Life.DEAD


def test_another_process_with_the_same_pid_is_another() -> None:
    head, _, start = owners.token().rpartition("-")
    assert life_of(f"{head}-{int(start) + 1}") is Life.DEAD


def test_a_process_of_an_earlier_boot_is_dead_and_one_of_another_machine_out_of_sight() -> None:
    machine, boot, pid, start = owners.token().split("-")
    assert life_of(f"{machine}-{boot[::-1]}-{pid}-{start}") is Life.DEAD
    assert life_of(f"{'0' * 8}-{boot}-{pid}-{start}") is Life.ELSEWHERE
    assert life_of("anything else") is Life.ELSEWHERE


def test_without_a_proc_the_pid_has_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    token = owners.token()
    with subprocess.Popen(["true"]) as ended:
        ended.wait()
    monkeypatch.setattr(proc, "PROC", tmp_path)
    assert life_of(token) is Life.ALIVE
    head = "-".join(token.split("-")[:2])
    assert life_of(f"{head}-{ended.pid}-0") is Life.DEAD


def test_a_process_that_may_not_be_looked_at_counts_as_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(pid: int) -> None:
        raise PermissionError

    token = owners.token()
    monkeypatch.setattr(proc, "start_time", refuse)
    assert life_of(token) is Life.ALIVE


def test_temporary_folders_of_killed_processes_are_found_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    process, token = started("held = owners.temporary_folder('apply'); (held.__enter__() / 'x').mkdir()")
    (tmp_path / "hotloop-apply-users-own").mkdir()
    (tmp_path / f"hotloop-link-{token}-abcd").symlink_to(tmp_path)
    with temporary_folder("diff"):
        assert {one.life for one in temporary_left()} == {Life.ALIVE}
        killed(process)
        lives = {Path(one.name).name.split("-")[1]: one.life for one in temporary_left()}
        assert lives == {"apply": Life.DEAD, "diff": Life.ALIVE}
        for one in temporary_left():
            if one.life is Life.DEAD:
                one.remove()
        assert [Path(one.name).name.split("-")[1] for one in temporary_left()] == ["diff"]
    assert list(temporary_left()) == []
    assert {path.name.split("-")[1] for path in tmp_path.iterdir()} == {"apply", "link"}


def test_a_sandbox_without_an_owner_is_left_alone_while_it_may_be_in_the_making(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "run" / "0123"
    folder.mkdir(parents=True)
    (new,) = sandboxes_left(tmp_path)
    assert new.life is Life.ALIVE
    os.utime(folder, (0, 0))
    (old,) = sandboxes_left(tmp_path)
    assert old.life is Life.DEAD
    old.remove()
    assert list((tmp_path / "runs").iterdir()) == []


@pytest.fixture
def family() -> Family:
    found = Family.find()
    if found is None:
        pytest.fail("these tests need a writable control group")
    return found


def test_an_abandoned_control_group_is_found_in_every_hierarchy(
    family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"left{os.getpid()}"
    group = family.create(f"{name}-0", memory=1 << 28, processes=10)
    assert f"{name}-0" not in {one.name for one in groups_left(())}
    monkeypatch.setattr(leftovers, "SETTLED_GROUP_SECONDS", -1.0)
    assert f"{name}-0" not in {one.name for one in groups_left({name})}
    (found,) = [one for one in groups_left(()) if one.name == f"{name}-0"]
    assert sum(one.folders[0].name == f"{name}-0" for one in all_groups("")) == len(group.folders)
    found.remove()
    assert not any(folder.exists() for folder in group.folders)


def test_a_control_group_with_a_process_in_it_is_not_abandoned(
    family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftovers, "SETTLED_GROUP_SECONDS", -1.0)
    name = f"live{os.getpid()}-0"
    group = family.create(name, memory=1 << 28, processes=10)
    with subprocess.Popen(["sleep", "60"]) as inside:
        for entrance in group.entrances:
            Path(entrance).write_text(str(inside.pid))
        assert name not in {one.name for one in groups_left(())}
        inside.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10.0
    while group.pids() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert name in {one.name for one in groups_left(())}
    group.remove()


def test_disk_usage_counts_a_file_with_two_names_once_and_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 100_000)
    alone = disk_usage(tmp_path)
    assert alone >= 100_000
    os.link(tmp_path / "file", tmp_path / "again")
    (tmp_path / "all").symlink_to("/usr")
    assert disk_usage(tmp_path) - alone <= 4096
