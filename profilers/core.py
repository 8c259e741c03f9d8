"""The core that measures: one, reserved by a lock, away from the one that coordinates."""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

POLL_SECONDS = 0.05


def measuring_core() -> int:
    """The last core this process may use: the first ones take most interrupts."""
    return max(os.sched_getaffinity(0))


def lock_path(core: int) -> Path:
    """One lock a core for the whole machine, whoever runs Hotloop."""
    return Path(tempfile.gettempdir()) / f"hotloop-core-{core}.lock"


@contextmanager
def reserved_core(*, step_aside: bool = True) -> Iterator[int]:
    """Hold the measuring core; this thread moves to the other cores meanwhile, if it is to step aside.

    What it starts goes where it may go: who measures on all cores does not step aside.

    Waits for as long as another run measures. The kernel drops the lock when
    its holder dies.
    """
    core = measuring_core()
    allowed = os.sched_getaffinity(0)
    descriptor = os.open(lock_path(core), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
    try:
        _acquire(descriptor)
        if step_aside and len(allowed) > 1:
            os.sched_setaffinity(0, allowed - {core})
        yield core
    finally:
        os.sched_setaffinity(0, allowed)
        os.close(descriptor)


def _acquire(descriptor: int) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(POLL_SECONDS)
        else:
            return
