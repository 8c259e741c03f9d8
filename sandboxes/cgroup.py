"""Control groups: a CPU clock outside the target, limits, and a way to end all of it.

Version 1 is described in the kernel's Documentation/admin-guide/cgroup-v1 (cpuacct.usage,
nanoseconds), version 2 in Documentation/admin-guide/cgroup-v2.rst (cpu.stat, usage_usec).
"""

from __future__ import annotations

import errno
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hotloop.sandboxes import proc
from hotloop.sandboxes.errors import SandboxError

FAMILY = "hotloop"
"""All our groups are children of one group of this name."""


@dataclass(frozen=True)
class Hierarchy:
    """A mounted cgroup file system. version is 1 or 2; `own` is the process's group in it."""

    version: int
    controllers: frozenset[str]
    mountpoint: Path
    own: Path


def hierarchies(pid: int | None = None, proc_root: Path = proc.PROC) -> list[Hierarchy]:
    """The mounted hierarchies, with the group that `pid` (this process by default) is in.

    Raises FileNotFoundError when there is no such process.
    """
    mounts = (proc_root / "self" / "mountinfo").read_text()
    groups = (proc_root / (str(pid) if pid else "self") / "cgroup").read_text()
    paths = {}
    for line in groups.splitlines():
        _, controllers, path = line.split(":", 2)
        paths[frozenset(controllers.split(",")) - {""}] = path
    found = [_hierarchy(line, paths) for line in mounts.splitlines()]
    return [hierarchy for hierarchy in found if hierarchy]


def _hierarchy(mountinfo_line: str, paths: dict[frozenset[str], str]) -> Hierarchy | None:
    left, _, right = mountinfo_line.partition(" - ")
    kind, _, options = right.split(" ", 2)
    root, mountpoint = left.split()[3:5]
    if kind == "cgroup2":
        return Hierarchy(
            2, frozenset(), Path(mountpoint), _own(root, mountpoint, paths.get(frozenset(), "/"))
        )
    if kind == "cgroup":
        for controllers, path in paths.items():
            if controllers and controllers <= set(options.split(",")):
                return Hierarchy(1, controllers, Path(mountpoint), _own(root, mountpoint, path))
    return None


def _own(root: str, mountpoint: str, path: str) -> Path:
    """A mount may show a part of the hierarchy only; a group outside that part is seen as its top."""
    group = PurePosixPath(path)
    if ".." in group.parts or not group.is_relative_to(root):
        return Path(mountpoint)
    own = Path(mountpoint) / group.relative_to(root)
    return own if own.is_dir() else Path(mountpoint)


def cpu_usage_file(found: list[Hierarchy]) -> tuple[str, Path] | None:
    """Name of the clock and the file that holds it, for the group the hierarchies were read for."""
    for hierarchy in found:
        if "cpuacct" in hierarchy.controllers:
            return "cgroup-v1", hierarchy.own / "cpuacct.usage"
    for hierarchy in found:
        if hierarchy.version == 2:
            return "cgroup-v2", hierarchy.own / "cpu.stat"
    return None


def parse_cpu_usage(clock: str, text: str) -> int:
    """Nanoseconds of CPU time. Raises SandboxError when the file has none."""
    if clock == "cgroup-v1":
        return int(text)
    for line in text.splitlines():
        if line.startswith("usage_usec "):
            return int(line.split()[1]) * 1000
    raise SandboxError("cpu.stat of the control group has no usage_usec")


@dataclass(frozen=True)
class Group:
    """A group of our own, one folder in each hierarchy it is in; the first has the clock."""

    clock: str
    folders: tuple[Path, ...]

    @property
    def entrances(self) -> list[str]:
        """Files to which a process writes 0 in order to join."""
        return [str(folder / "cgroup.procs") for folder in self.folders]

    def cpu_ns(self) -> int:
        file = self.folders[0] / ("cpuacct.usage" if self.clock == "cgroup-v1" else "cpu.stat")
        try:
            return parse_cpu_usage(self.clock, file.read_text())
        except OSError as error:
            raise SandboxError(f"cannot read the CPU clock: {error}") from error

    def pids(self) -> set[int]:
        """Processes in the group, as numbered in our own pid namespace."""
        try:
            return {int(line) for line in (self.folders[0] / "cgroup.procs").read_text().split()}
        except OSError as error:
            # The second where the group is removed between opening and reading.
            if error.errno in {errno.ENOENT, errno.ENODEV}:
                return set()
            raise

    def kill(self, seconds: float = 10.0) -> None:
        """Kill all inside, and wait until it is empty. Raises SandboxError when it does not empty."""
        self._stop_forks()
        deadline = time.monotonic() + seconds
        while pids := self.pids():
            for pid in pids:
                proc.send_signal(pid, signal.SIGKILL)
            if time.monotonic() > deadline:
                raise SandboxError(f"processes {sorted(pids)} do not die")
            time.sleep(0.001)

    def _stop_forks(self) -> None:
        for folder in self.folders:
            if (folder / "pids.max").exists():
                (folder / "pids.max").write_text("0")

    def remove(self, seconds: float = 2.0) -> None:
        """Remove the empty group; the kernel may need a moment after the last process."""
        deadline = time.monotonic() + seconds
        for folder in self.folders:
            while folder.exists():
                try:
                    folder.rmdir()
                except OSError as error:
                    if time.monotonic() > deadline:
                        raise SandboxError(f"cannot remove {folder}: {error}") from error
                    time.sleep(0.002)


@dataclass(frozen=True)
class Family:
    """Where this process may make groups."""

    clock: str
    folders: tuple[Path, ...]
    limits_memory: bool
    limits_processes: bool

    @classmethod
    def find(cls, proc_root: Path = proc.PROC) -> Family | None:
        """None when no hierarchy with a CPU clock is writable."""
        found = hierarchies(proc_root=proc_root)
        return _version_1(found) or _version_2(found)

    def create(self, name: str, *, memory: int, processes: int) -> Group:
        """A new group; `memory` in bytes for all of it together. Raises SandboxError."""
        group = Group(self.clock, tuple(folder / name for folder in self.folders))
        try:
            for folder in group.folders:
                folder.mkdir()
                _limit(folder, memory, processes)
        except OSError as error:
            raise SandboxError(f"cannot make the control group {name}: {error}") from error
        return group

    def matching(self, prefix: str) -> list[Group]:
        """Groups whose name begins so, whoever made them."""
        names = {path.name for folder in self.folders for path in folder.glob(f"{prefix}*") if path.is_dir()}
        return [Group(self.clock, tuple(folder / name for folder in self.folders)) for name in sorted(names)]


def all_groups(prefix: str) -> list[Group]:
    """Every group of ours whose name begins so, in any hierarchy and below any parent; without a clock.

    Each has one folder only: a command that was killed half way may be in one hierarchy and not in another.
    """
    places = {
        found.mountpoint
        for found in hierarchies()
        if found.version == 2 or found.controllers & {"cpuacct", "memory", "pids"}
    }
    # Other programs' groups come and go meanwhile, at which os.walk does not stop.
    families = {
        (Path(parent) / FAMILY).resolve()
        for place in places
        for parent, names, _ in os.walk(place)
        if FAMILY in names
    }
    folders = {path for family in families for path in family.glob(f"{prefix}*") if path.is_dir()}
    return [Group("", (folder,)) for folder in sorted(folders)]


LIMIT_FILES = {
    "memory.limit_in_bytes": "memory",
    "memory.max": "memory",
    "memory.swap.max": "swap",
    "pids.max": "processes",
}


def _limit(folder: Path, memory: int, processes: int) -> None:
    values = {"memory": memory, "swap": 0, "processes": processes}
    for name, value in LIMIT_FILES.items():
        if (folder / name).exists():
            (folder / name).write_text(str(values[value]))


def _make_family(parent: Path) -> Path | None:
    try:
        (parent / FAMILY).mkdir(exist_ok=True)
        with (parent / FAMILY / "cgroup.procs").open("a"), (parent / "cgroup.procs").open("a"):
            return parent / FAMILY
    except OSError:
        return None


def _version_1(found: list[Hierarchy]) -> Family | None:
    folders: dict[str, Path] = {}
    for hierarchy in found:
        for controller in hierarchy.controllers & {"cpuacct", "memory", "pids"}:
            folder = _make_family(hierarchy.own) or _make_family(hierarchy.mountpoint)
            if folder:
                folders[controller] = folder
    if "cpuacct" not in folders:
        return None
    ordered = [folders[name] for name in ("cpuacct", "memory", "pids") if name in folders]
    return Family("cgroup-v1", tuple(dict.fromkeys(ordered)), "memory" in folders, "pids" in folders)


def _version_2(found: list[Hierarchy]) -> Family | None:
    """The first parent that hands its controllers down, else the first that is writable.

    A group with processes of its own cannot hand controllers down ("no internal
    processes"), so that our own group often gives the clock alone.
    """
    families = []
    for hierarchy in found:
        if hierarchy.version == 2:
            for parent in dict.fromkeys((hierarchy.own, hierarchy.mountpoint)):
                folder = _make_family(parent)
                if folder:
                    enabled = _hand_down(parent) & _hand_down(folder)
                    families.append(Family("cgroup-v2", (folder,), "memory" in enabled, "pids" in enabled))
    return max(families, key=lambda family: family.limits_memory + family.limits_processes, default=None)


def _hand_down(folder: Path) -> set[str]:
    control = folder / "cgroup.subtree_control"
    for controller in ("memory", "pids"):
        try:
            control.write_text(f"+{controller}")
        except OSError:
            continue  # not delegated to us: the clock works without it, and the family says what it lacks
    try:
        return set(control.read_text().split())
    except OSError:
        return set()
