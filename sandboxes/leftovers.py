"""What killed processes left behind on this machine: sandboxes, control groups, temporary folders."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hotloop.sandboxes import owners, proc
from hotloop.sandboxes.cgroup import Group, all_groups
from hotloop.sandboxes.local_sandbox import OWNER
from hotloop.sandboxes.owners import Life
from hotloop.sandboxes.trees import remove_tree
from hotloop.sandboxes.usage import disk_usage

SETTLED_SECONDS = 60.0
"""Younger things without an owner may be in the making."""
SETTLED_GROUP_SECONDS = 3600.0


@dataclass(frozen=True)
class Leftover:
    """kind: "container", "sandbox" ... size: bytes on disk. life: of the process that made it.

    remove: raises SandboxError. What is gone already is no error.
    """

    kind: str
    name: str
    size: int
    life: Life
    remove: Callable[[], None]


def sandboxes_left(state: Path) -> Iterator[Leftover]:
    """state: the folder that a `local` or `bubblewrap` backend keeps its runs in."""
    for folder in sorted((state / "runs").glob("*/*")):
        name = f"{folder.parent.name}/{folder.name}"
        remove = partial(_remove_sandbox, folder)
        yield Leftover("sandbox", name, disk_usage(folder), _life_of(folder), remove)


def empty_folder(folder: Path) -> Iterator[Leftover]:
    """What a run leaves of its place when it is killed between two sandboxes."""
    if folder.is_dir() and not any(folder.iterdir()):
        yield Leftover("empty folder", str(folder), 0, Life.DEAD, partial(_remove_empty, folder))


def _life_of(folder: Path) -> Life:
    try:
        return owners.life_of((folder / OWNER).read_text("utf-8")[:200])
    except FileNotFoundError:
        return Life.DEAD if _is_settled(folder) else Life.ALIVE


def _is_settled(path: Path, seconds: float = SETTLED_SECONDS) -> bool:
    try:
        return time.time() - path.stat().st_mtime > seconds
    except FileNotFoundError:
        return False


def _remove_sandbox(folder: Path) -> None:
    reap_sandbox(folder, all_groups(f"{folder.name}-"))
    _remove_empty(folder.parent)


def _remove_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def reap_sandbox(folder: Path, groups: list[Group]) -> int:
    """End what lives in a sandbox and remove its folder; how many things that was.

    Processes are known by their control group, or by pid and start time.
    """
    removed = 1
    for group in groups:
        group.kill()
        group.remove()
        removed += 1
    for record in (folder / "pids").glob("*"):
        pid, _, started = record.read_text().partition(" ")
        if started.strip() and proc.end_tree(int(pid), int(started)):
            removed += 1
    remove_tree(folder)
    return removed


def groups_left(known: Collection[str]) -> Iterator[Leftover]:
    """Empty control groups of sandboxes that are gone; a command has one for as long as it runs.

    known: names of sandboxes that are there. Others may be, in another user's state: the
    group of an ended command may be kept for its clock, but not for so long.
    """
    found: dict[str, list[Group]] = {}
    for group in all_groups(""):
        found.setdefault(group.folders[0].name, []).append(group)
    for name, groups in sorted(found.items()):
        if name.rpartition("-")[0] not in known and all(_is_abandoned(group) for group in groups):
            yield Leftover("control group", name, 0, Life.DEAD, partial(_remove_groups, groups))


def _is_abandoned(group: Group) -> bool:
    return not group.pids() and _is_settled(group.folders[0], SETTLED_GROUP_SECONDS)


def _remove_groups(groups: list[Group]) -> None:
    for group in groups:
        group.remove()


def temporary_left(parent: Path | None = None) -> Iterator[Leftover]:
    for folder, token in sorted(owners.temporary_folders(parent).items()):
        remove = partial(_remove_temporary, folder)
        yield Leftover("temporary folder", str(folder), disk_usage(folder), owners.life_of(token), remove)


def _remove_temporary(folder: Path) -> None:
    """Sandboxes first that keep their state in it."""
    for state in (folder / "state", folder / "state" / "bubblewrap"):
        for left in sandboxes_left(state):
            left.remove()
    remove_tree(folder)
