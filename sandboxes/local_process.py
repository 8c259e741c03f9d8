"""A live process of the local backend and the clocks that time it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from hotloop.sandboxes import proc
from hotloop.sandboxes.base import Activity, Ended, ProcessEnded, ProcessTimeout
from hotloop.sandboxes.cgroup import Group
from hotloop.sandboxes.errors import SandboxError
from hotloop.sandboxes.launching import Launched, read_status
from hotloop.sandboxes.streams import Lines, Tail

LEAVING_SECONDS = 0.1
"""An ending process leaves its control groups a moment before it counts as ended."""


class Clock(Protocol):
    name: str

    def read(self) -> int:
        """CPU nanoseconds. Raises SandboxError when it is no longer shown whose they are."""


class GroupClock:
    """The clock of a private control group: all that ever ran in it, ended or not."""

    def __init__(self, group: Group, launched: Launched) -> None:
        self.name = group.clock
        self._group = group
        self._launched = launched

    def read(self) -> int:
        usage = self._group.cpu_ns()
        if self._launched.target not in self._group.pids() and not self._launched.wait(LEAVING_SECONDS):
            raise SandboxError(f"process {self._launched.target} left its control group")
        return usage


class ProcessClock:
    """The CPU clock of one process and its threads, children not counted.

    The clock's id is made from the pid as clock_getcpuclockid(3) does. Another process may
    get the pid after it, so start time and control group are compared at every read.
    """

    name = "process"

    def __init__(self, launched: Launched) -> None:
        self._pid = launched.target
        self._started = launched.started
        self._groups = _groups(self._pid)
        self._launched = launched
        self._final: int | None = None

    def read(self) -> int:
        return self._total() - self._launched.spent_ns

    def _total(self) -> int:
        if self._final is not None:
            return self._final
        try:
            usage = time.clock_gettime_ns((~self._pid << 3) | 2)
        except OSError:
            return self._ended()
        deadline = time.monotonic() + LEAVING_SECONDS
        while not self._is_same():
            if proc.has_ended(self._pid):
                return self._ended()
            if time.monotonic() > deadline:
                raise SandboxError(f"process {self._pid} is no longer the one that was started")
            time.sleep(0.001)
        return usage

    def _is_same(self) -> bool:
        return proc.start_time(self._pid) == self._started and _groups(self._pid) == self._groups

    def _ended(self) -> int:
        message = read_status(self._launched.status, 10.0) if self._launched.status >= 0 else None
        if message is None:
            raise SandboxError(f"process {self._pid} is gone and left no reading of its clock")
        self._final = int(str(message["cpu_ns"]))
        return self._final


def _groups(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cgroup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


class LocalProcess:
    """See `hotloop.sandboxes.base.Process`."""

    def __init__(
        self, launched: Launched, lines: Lines, errors: Tail, forget: Callable[[LocalProcess], None]
    ) -> None:
        self._launched = launched
        self._lines = lines
        self._errors = errors
        self._forget = forget
        self._clock: Clock = (
            GroupClock(launched.group, launched) if launched.group else ProcessClock(launched)
        )
        self.clock = self._clock.name
        self._lock = threading.RLock()
        self._last_cpu: int | None = None
        self._peak = 0
        self._delays: dict[int, int] = {}

    def send(self, data: bytes) -> None:
        stdin = self._launched.popen.stdin
        if stdin is None or stdin.closed:
            raise ProcessEnded("its input is closed")
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(stdin.fileno(), view) :]
        except BrokenPipeError as error:
            raise ProcessEnded(f"it reads no more: {self.stderr_tail()}") from error

    def read_line(self, seconds: float, limit: int) -> bytes:
        try:
            return self._lines.read_line(seconds, limit)
        except (ProcessTimeout, ProcessEnded):
            self.kill()
            raise

    def wait(self, seconds: float, limit: int) -> Ended:
        self._lines.keep(limit)
        in_time = self._launched.wait_watching(seconds, self._look)
        seen = time.perf_counter_ns()
        self._end(drop=not in_time)
        if not in_time:
            raise ProcessTimeout(f"it did not end in {seconds:g} s")
        return Ended(self._launched.exit_code(), self._lines.rest(limit), seen)

    def activity(self) -> Activity:
        pids = self._launched.pids()
        with self._lock:
            # A zombie has left its group, and its numbers can still be read.
            self._delays |= proc.run_delays(pids | self._delays.keys())
            return Activity(len(pids), proc.threads(pids), sum(self._delays.values()))

    def migrations(self) -> int:
        return proc.migrations(self._launched.pids())

    def pin(self, cpu: int) -> bool:
        return proc.pin(self._launched.pids(), cpu)

    def _look(self) -> None:
        self.peak_memory()
        self.activity()

    def cpu_ns(self) -> int:
        with self._lock:
            return self._clock.read() if self._last_cpu is None else self._last_cpu

    def has_children(self) -> bool:
        return bool(self._launched.pids() - {self._launched.target})

    def peak_memory(self) -> int:
        with self._lock:
            if not self._launched.ended:
                self._peak = max(self._peak, proc.peak_resident(self._launched.pids()))
            return self._peak

    def stderr_tail(self) -> str:
        return self._errors.text()

    def kill(self) -> None:
        self._end(drop=True)

    def _end(self, *, drop: bool) -> None:
        """drop: nobody reads what it wrote any more."""
        with self._lock:
            if self._last_cpu is None:
                self.peak_memory()
                if drop:
                    self._lines.end()
                try:
                    self._launched.end()
                    self._last_cpu = self._clock.read()
                finally:
                    self._launched.release()
                    self._forget(self)
