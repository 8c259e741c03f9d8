"""Finding, reading and making control groups, on fake file systems and on this machine's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hotloop.sandboxes import cgroup
from hotloop.sandboxes.cgroup import Family, Group
from hotloop.sandboxes.errors import SandboxError

STAT = "usage_usec 1234567\nuser_usec 1000000\nsystem_usec 234567\n"


class FakeKernel:
    """/proc files and mounted hierarchies below a folder; ordinary files stand for the kernel's."""

    def __init__(self, folder: Path) -> None:
        self.proc = folder / "proc"
        self.folder = folder
        (self.proc / "self").mkdir(parents=True)
        self.mounts: list[str] = ["22 1 0:5 / / rw - ext4 /dev/vda rw"]
        self.groups: list[str] = []

    def mount_v1(self, controllers: str, own: str, *, root: str = "/") -> Path:
        mountpoint = self.folder / f"cgroup-{controllers}"
        options = f"rw,{controllers}"
        self.mounts.append(f"30 22 0:30 {root} {mountpoint} rw,nosuid shared:9 - cgroup cgroup {options}")
        self.groups.append(f"{len(self.groups) + 1}:{controllers}:{own}")
        return self._finish(mountpoint)

    def mount_v2(self, own: str, *, root: str = "/") -> Path:
        mountpoint = self.folder / "unified"
        self.mounts.append(f"31 22 0:31 {root} {mountpoint} rw - cgroup2 cgroup2 rw,nsdelegate")
        self.groups.append(f"0::{own}")
        return self._finish(mountpoint)

    def _finish(self, mountpoint: Path) -> Path:
        self.make(mountpoint)
        (self.proc / "self" / "mountinfo").write_text("\n".join(self.mounts) + "\n")
        (self.proc / "self" / "cgroup").write_text("\n".join(self.groups) + "\n")
        return mountpoint

    @staticmethod
    def make(group: Path, **files: str) -> Path:
        group.mkdir(parents=True, exist_ok=True)
        (group / "cgroup.procs").touch()
        for name, text in files.items():
            (group / name.replace("__", ".")).write_text(text)
        return group


@pytest.fixture
def kernel(tmp_path: Path) -> FakeKernel:
    return FakeKernel(tmp_path)


def test_v1_usage_is_nanoseconds_and_v2_usage_microseconds() -> None:
    assert cgroup.parse_cpu_usage("cgroup-v1", "9876543210\n") == 9_876_543_210
    assert cgroup.parse_cpu_usage("cgroup-v2", STAT) == 1_234_567_000


def test_a_stat_file_without_usage_is_refused() -> None:
    with pytest.raises(SandboxError, match="usage_usec"):
        cgroup.parse_cpu_usage("cgroup-v2", "nr_periods 0\n")


def test_the_v1_clock_is_found_where_controllers_share_a_mount(kernel: FakeKernel) -> None:
    kernel.mount_v2("/")
    mount = kernel.mount_v1("cpu,cpuacct", "/docker/abc")
    kernel.make(mount / "docker/abc", cpuacct__usage="5")
    found = cgroup.cpu_usage_file(cgroup.hierarchies(proc_root=kernel.proc))
    assert found == ("cgroup-v1", mount / "docker/abc/cpuacct.usage")


def test_the_v2_clock_is_found_for_another_process(kernel: FakeKernel) -> None:
    mount = kernel.mount_v2("/user.slice")
    kernel.make(mount / "system.slice/docker-abc.scope")
    (kernel.proc / "77").mkdir()
    (kernel.proc / "77" / "cgroup").write_text("0::/system.slice/docker-abc.scope\n")
    found = cgroup.cpu_usage_file(cgroup.hierarchies(77, kernel.proc))
    assert found == ("cgroup-v2", mount / "system.slice/docker-abc.scope/cpu.stat")


def test_a_mount_that_shows_a_part_of_the_hierarchy_is_understood(kernel: FakeKernel) -> None:
    mount = kernel.mount_v2("/docker/abc/inner", root="/docker/abc")
    kernel.make(mount / "inner")
    (only,) = cgroup.hierarchies(proc_root=kernel.proc)
    assert only.own == mount / "inner"


def test_a_group_outside_the_mount_is_seen_as_its_top(kernel: FakeKernel) -> None:
    mount = kernel.mount_v2("/../../elsewhere")
    (only,) = cgroup.hierarchies(proc_root=kernel.proc)
    assert only.own == mount


def test_v1_groups_are_made_below_our_own_so_that_its_limits_hold(kernel: FakeKernel) -> None:
    cpu, memory = kernel.mount_v1("cpuacct", "/"), kernel.mount_v1("memory", "/jobs/7")
    kernel.make(memory / "jobs/7")
    for parent in (cpu, memory / "jobs/7"):
        kernel.make(parent / "hotloop")
    family = Family.find(kernel.proc)
    assert family == Family("cgroup-v1", (cpu / "hotloop", memory / "jobs/7/hotloop"), True, False)


def test_v2_prefers_the_parent_that_hands_limits_down(
    kernel: FakeKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_text = Path.write_text

    def write_as_the_kernel_does(self: Path, text: str) -> None:
        if text.startswith("+"):
            text = f"{self.read_text() if self.exists() else ''}{text[1:]} "
        write_text(self, text)

    monkeypatch.setattr(Path, "write_text", write_as_the_kernel_does)
    mount = kernel.mount_v2("/session")
    kernel.make(mount / "session/hotloop")
    (mount / "session/cgroup.subtree_control").mkdir()  # cannot be written, as with processes inside
    kernel.make(mount / "hotloop")
    assert Family.find(kernel.proc) == Family("cgroup-v2", (mount / "hotloop",), True, True)


def test_v2_without_controllers_still_has_the_clock(kernel: FakeKernel) -> None:
    mount = kernel.mount_v2("/")
    kernel.make(mount / "hotloop")
    for folder in (mount, mount / "hotloop"):
        (folder / "cgroup.subtree_control").mkdir()
    assert Family.find(kernel.proc) == Family("cgroup-v2", (mount / "hotloop",), False, False)


def test_there_is_no_family_where_nothing_is_mounted(kernel: FakeKernel) -> None:
    kernel.mount_v1("memory", "/")
    assert Family.find(kernel.proc) is None


def test_a_group_reads_its_clock_and_its_processes(tmp_path: Path) -> None:
    group = Group("cgroup-v2", (FakeKernel.make(tmp_path / "g", cpu__stat=STAT),))
    (tmp_path / "g/cgroup.procs").write_text("12\n34\n")
    assert group.cpu_ns() == 1_234_567_000
    assert group.pids() == {12, 34}
    assert group.entrances == [str(tmp_path / "g/cgroup.procs")]


def test_a_group_that_is_gone_is_an_error_for_the_clock_and_empty(tmp_path: Path) -> None:
    group = Group("cgroup-v1", (tmp_path / "gone",))
    with pytest.raises(SandboxError, match="clock"):
        group.cpu_ns()
    assert group.pids() == set()
    group.kill()
    group.remove()


def test_limits_are_written_where_the_kernel_offers_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mkdir = Path.mkdir

    def mkdir_as_the_kernel_does(self: Path, *arguments: int) -> None:
        mkdir(self, *arguments)
        for name in ("memory.max", "memory.swap.max", "pids.max"):
            (self / name).write_text("max")

    monkeypatch.setattr(Path, "mkdir", mkdir_as_the_kernel_does)
    Family("cgroup-v2", (tmp_path,), True, True).create("g", memory=1 << 20, processes=9)
    written = {path.name: path.read_text() for path in (tmp_path / "g").iterdir()}
    assert written == {"memory.max": "1048576", "memory.swap.max": "0", "pids.max": "9"}


def test_groups_that_disappear_while_ours_are_looked_for_do_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As those of a container that ends."""
    for name in ("docker/1", "docker/2", "hotloop/mine-1"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.setattr(cgroup, "hierarchies", lambda: [cgroup.Hierarchy(2, frozenset(), tmp_path, tmp_path)])
    scan = os.scandir

    def scan_late(path: str) -> object:
        if Path(path).name == "1":
            raise FileNotFoundError(path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", scan_late)
    assert [group.folders[0].name for group in cgroup.all_groups("")] == ["mine-1"]


def test_groups_of_one_sandbox_are_found_by_their_prefix(tmp_path: Path) -> None:
    family = Family("cgroup-v2", (tmp_path,), False, False)
    for name in ("aa-0", "aa-1", "ab-0"):
        (tmp_path / name).mkdir()
    assert [group.folders[0].name for group in family.matching("aa-")] == ["aa-0", "aa-1"]
