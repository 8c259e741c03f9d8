"""The processes that can be seen, whose children they are, and their end."""

from __future__ import annotations

import _signal as signal
import os
import time


def parents() -> dict[int, int]:
    """Parent of every process that this one can see."""
    found = {}
    for name in os.listdir("/proc"):  # noqa: PTH208  (pathlib doubles the start-up time here)
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123
                    fields = file.read().rpartition(b")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if fields[0] not in (b"Z", b"X"):
                found[int(name)] = int(fields[1])
    return found


def descendants(root: int) -> set[int]:
    tree = parents()
    found = {root}
    grew = True
    while grew:
        more = {pid for pid, parent in tree.items() if parent in found and pid not in found}
        found |= more
        grew = bool(more)
    return found - {root}


def kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def end_descendants(root: int, seconds: float = 5.0) -> None:
    """Kill until none is left: what forks while we look is found in the next look."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        alive = descendants(root)
        if not alive:
            return
        for pid in alive:
            kill(pid)
