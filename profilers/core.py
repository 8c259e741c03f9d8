"""The core that measures: one, reserved by a lock, away from the one that coordinates."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path


def measuring_core() -> int:
    """The last core this process may use: the first ones take most interrupts."""
    return max(os.sched_getaffinity(0))


def lock_path(core: int) -> Path:
    """One lock a core for the whole machine, whoever runs Hotloop."""
    return Path(tempfile.gettempdir()) / f"hotloop-core-{core}.lock"


@contextmanager
def reserved_core(*, step_aside: bool = True) -> Iterator[int]:
    """Hold the measuring core; with `step_aside` this thread leaves it meanwhile.

    Waits for as long as another run measures; who came first is next. The kernel
    drops the lock when its holder dies.
    """
    core = measuring_core()
    descriptor = _open(lock_path(core))
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with aside(core) if step_aside else nullcontext():
            yield core
    finally:
        os.close(descriptor)


@contextmanager
def aside(core: int) -> Iterator[None]:
    """This thread, and what it starts unpinned, on the other cores; who measures on all must not."""
    allowed = os.sched_getaffinity(0)
    try:
        if len(allowed) > 1:
            os.sched_setaffinity(0, allowed - {core})
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def _open(path: Path) -> int:
    """For reading, which is enough for a lock: another user's file cannot be written to."""
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW
    while True:
        with suppress(FileNotFoundError):
            return os.open(path, flags)
        with suppress(FileExistsError):
            return os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o644)
