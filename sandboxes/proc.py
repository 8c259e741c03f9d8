"""What /proc says about a process. See proc(5)."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterable
from pathlib import Path

from hotloop.sandboxes.errors import SandboxError

PROC = Path("/proc")
_MIGRATIONS = re.compile(rb"nr_migrations\s*:\s*(\d+)")


def stat_fields(pid: int) -> list[str] | None:
    """Fields of /proc/<pid>/stat from the third (state) on, or None when there is no such process."""
    try:
        text = (PROC / str(pid) / "stat").read_text("utf-8", "replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text.rpartition(")")[2].split()


def start_time(pid: int) -> int | None:
    """Clock ticks after boot at which it started: with the pid this names one process for good."""
    fields = stat_fields(pid)
    return int(fields[19]) if fields else None


def has_ended(pid: int) -> bool:
    """Gone, or a zombie that waits for its parent."""
    fields = stat_fields(pid)
    return fields is None or fields[0] in {"Z", "X"}


def parent(pid: int) -> int | None:
    fields = stat_fields(pid)
    return int(fields[1]) if fields else None


def only_child(pid: int) -> int:
    """The one process that it has started. Raises SandboxError when there is none or more."""
    found = _children(pid)
    if len(found) != 1:
        raise SandboxError(f"process {pid} has {len(found)} children where one was expected")
    return found[0]


def _children(pid: int) -> list[int]:
    """Of a process with one thread. The list is missing where the kernel was built without it."""
    try:
        return [int(word) for word in (PROC / f"{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return [child for child, parent in parents().items() if parent == pid]


def parents() -> dict[int, int]:
    """Parent of every visible process, zombies left out."""
    found = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            fields = stat_fields(int(entry.name))
            if fields and fields[0] not in {"Z", "X"}:
                found[int(entry.name)] = int(fields[1])
    return found


def descendants(root: int) -> set[int]:
    tree = parents()
    found = {root}
    while more := {pid for pid, parent in tree.items() if parent in found} - found:
        found |= more
    return found - {root}


def migrations(pids: Iterable[int]) -> int:
    """Of all threads of these processes, by /proc/<pid>/sched; 0 where the kernel keeps none."""
    count = 0
    for pid in pids:
        try:
            for entry in os.scandir(PROC / str(pid) / "task"):
                found = _MIGRATIONS.search((Path(entry.path) / "sched").read_bytes())
                count += int(found[1]) if found else 0
        except (FileNotFoundError, ProcessLookupError):
            continue
    return count


def pin(pids: Iterable[int], cpu: int) -> bool:
    """Keep all threads of these processes on that core; False where the kernel forbids it."""
    for pid in pids:
        try:
            for entry in os.scandir(PROC / str(pid) / "task"):
                os.sched_setaffinity(int(entry.name), {cpu})
        except (FileNotFoundError, ProcessLookupError):
            continue
        except PermissionError:
            return False
    return True


def peak_resident(pids: Iterable[int]) -> int:
    """Sum of the processes' VmHWM, in bytes.

    The high-water mark of resident pages is used and not a control group's
    peak, which counts page cache: files read are not memory a program needs.
    """
    return sum(_high_water(pid) for pid in pids)


def _high_water(pid: int) -> int:
    try:
        text = (PROC / str(pid) / "status").read_text("utf-8", "replace")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    for line in text.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def threads(pids: Iterable[int]) -> int:
    """How many threads these processes have together."""
    return sum(int(fields[17]) for pid in pids if (fields := stat_fields(pid)))


def run_delays(pids: Iterable[int]) -> dict[int, int]:
    """By process: nanoseconds that its first thread waited for a core; ended ones are left out.

    The second number of /proc/<pid>/schedstat: see the kernel's Documentation/scheduler/sched-stats.rst.
    """
    found = {}
    for pid in pids:
        try:
            fields = (PROC / str(pid) / "schedstat").read_text().split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        found[pid] = int(fields[1])
    return found


def send_signal(pid: int, number: signal.Signals) -> bool:
    """False when the process is gone already."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def end_tree(root: int, started: int, seconds: float = 5.0) -> bool:
    """Kill `root`, if it is still the process that started then, and all below it.

    The root goes last: while it lives, what its children leave behind is adopted by it
    (it is a child subreaper) and found. Returns whether there was something to end.
    """
    if start_time(root) != started:
        return False
    deadline = time.monotonic() + seconds
    while (alive := descendants(root)) and time.monotonic() < deadline:
        for pid in alive:
            send_signal(pid, signal.SIGKILL)
    return start_time(root) == started and send_signal(root, signal.SIGKILL)


def user_threads(uid: int) -> int:
    """How many threads the user runs now: what RLIMIT_NPROC is compared with."""
    total = 0
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                owner = entry.stat().st_uid
            except (FileNotFoundError, ProcessLookupError):
                continue
            fields = stat_fields(int(entry.name)) if owner == uid else None
            total += int(fields[17]) if fields else 0
    return total
