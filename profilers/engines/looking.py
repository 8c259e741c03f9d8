"""What a process is seen to do from outside while it works: how busy, with how many threads and children."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Self

from hotloop.profilers.engines.base import Cost
from hotloop.sandboxes.base import Process

PROBE_SECONDS = 1.0
"""After which no further request of a look is made."""
LOOK_SECONDS = 0.002


@dataclass(frozen=True)
class Sight:
    """One request as it was seen. delay_ns: of its wall time, how long others kept it from a core.

    extra: "" or what else than one thread was seen.
    """

    wall_ns: int
    cpu_ns: int
    delay_ns: int
    extra: str = ""


@dataclass(frozen=True)
class Look:
    """A few requests of one side, on every core.

    costs: of each, `batch` calls in one request. starting: nanoseconds until its process was
    ready. repeats: whether two runs with one seed printed the same.
    """

    sights: tuple[Sight, ...]
    costs: tuple[Cost, ...]
    batch: int = 1
    starting: float = 0.0
    repeats: bool = True


class Watch:
    """The most that a process was seen to do between entering and leaving."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._keep_looking)
        self._before = self._delay = 0
        self.threads = self.processes = 0

    def __enter__(self) -> Self:
        first = self._process.activity()
        self._before = self._delay = first.delay_ns
        self.threads, self.processes = first.threads, first.processes
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        self._look()

    @property
    def delayed(self) -> int:
        """Nanoseconds."""
        return self._delay - self._before

    def _look(self) -> None:
        now = self._process.activity()
        self._delay = max(self._delay, now.delay_ns)
        self.threads = max(self.threads, now.threads)
        self.processes = max(self.processes, now.processes)

    def _keep_looking(self) -> None:
        while not self._done.wait(LOOK_SECONDS):
            self._look()
