"""Starting a command in bubblewrap and holding on to what it became."""

from __future__ import annotations

import functools
import os
import select
import signal
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from hotloop.sandboxes import proc
from hotloop.sandboxes.bubblewrap_walls import Walls
from hotloop.sandboxes.cgroup import Group
from hotloop.sandboxes.errors import SandboxError
from hotloop.sandboxes.launching import (
    START_SECONDS,
    Launched,
    Settings,
    Sink,
    pack_settings,
    read_status,
    reason,
    write_all,
)
from hotloop.sandboxes.users import sandbox_user

END_SECONDS = 10.0
GO = b"!"
"""What the target's process waits for when all else is set."""


@dataclass
class Caged(Launched):
    """`popen` is bubblewrap; `init` is process 1 inside, with whose end all inside has ended."""

    init: int = 0
    init_fd: int = -1

    def pids(self) -> set[int]:
        return self.group.pids() if self.group else proc.descendants(self.init)

    def exit_code(self) -> int:
        """A shell's 128 and more is a signal."""
        code = int(self.popen.returncode)
        return 128 - code if 128 < code <= 192 else code

    def end(self) -> None:
        with self._lock:
            if self.ended:
                return
            if self.init_fd >= 0:
                self._end_init()
            else:
                self.popen.kill()
            self.popen.wait()
            if self.group:
                self.group.kill()
            self.ended = True
        self._close_pipes()

    def _end_init(self) -> None:
        """Without a group it is asked first: it alone can say what time the target took."""
        try:
            if not self.group and self._ends_by(signal.SIGTERM):
                return
            if not self._ends_by(signal.SIGKILL):
                raise SandboxError("the first process of a sandbox does not die")
        finally:
            os.close(self.init_fd)
            self.init_fd = -1

    def _ends_by(self, number: signal.Signals) -> bool:
        try:
            signal.pidfd_send_signal(self.init_fd, number)
        except ProcessLookupError:
            return True
        return bool(select.select([self.init_fd], [], [], END_SECONDS)[0])


def launch_caged(
    bwrap: Sequence[str], settings: Settings, group: Group | None, out: Sink, err: Sink
) -> Caged:
    """Start, and return when the target is about to run its first instruction.

    bwrap: bubblewrap with its arguments, and the command that starts `inside/caged.py`
    there. Raises SandboxError when the sandbox cannot be set up.
    """
    status_read, status_write = os.pipe()
    groups = [os.open(path, os.O_WRONLY | os.O_CLOEXEC) for path in group.entrances] if group else []
    try:
        popen = _start([*bwrap], [status_write, *groups])
    finally:
        for fd in groups:
            os.close(fd)
        os.close(status_write)
    launched = Caged(popen, popen.pid, 0, status_read, group)
    try:
        user = sandbox_user() if os.getuid() == 0 else None
        own: Settings = {"status_fd": status_write, "cgroup_fds": groups, "user": user}
        write_all(popen, pack_settings({**settings, **own}))
        _find_processes(launched, read_status(status_read, START_SECONDS))
        write_all(popen, GO)
    except BaseException:
        launched.end()
        launched.release()
        raise
    launched.start_pumps(out, err)
    return launched


def _find_processes(launched: Caged, message: dict[str, object] | None) -> None:
    """By our own numbers. The target's process has started nothing: it waits for our word."""
    if message is None or "error" in message:
        raise SandboxError(f"cannot set the sandbox up: {reason(message, launched.popen)}")
    launched.spent_ns = int(str(message["spent_ns"]))
    launched.init = proc.only_child(launched.popen.pid)
    launched.init_fd = os.pidfd_open(launched.init)
    launched.target = proc.only_child(launched.init)
    launched.started = proc.start_time(launched.target) or 0


@functools.cache
def _starter(_pid: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "hotloop-start")


def _start(command: Sequence[str], fds: Sequence[int]) -> subprocess.Popen[bytes]:
    """From a thread that lasts: bubblewrap dies with the thread that started it (PR_SET_PDEATHSIG)."""

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=fds,
            start_new_session=True,
            env={},
            cwd="/",
        )

    return _starter(os.getpid()).submit(start).result()


def cage(bwrap: str, walls: Walls, python: str) -> list[str]:
    """The command that builds the walls and starts our first process inside; python: as seen there."""
    return [bwrap, *walls.arguments(), "--", python, "-I", "-S", "-B", "/hotloop/inside/caged.py"]
