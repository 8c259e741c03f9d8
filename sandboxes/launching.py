"""Starting the launcher on this machine and holding on to what it became."""

from __future__ import annotations

import contextlib
import json
import marshal
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hotloop.sandboxes import proc
from hotloop.sandboxes.cgroup import Group
from hotloop.sandboxes.errors import SandboxError

LAUNCHER = Path(__file__).parent / "inside" / "launcher.py"
START_SECONDS = 30.0
LOOK_SECONDS, MOST_SECONDS = 0.01, 0.5

Settings = dict[str, object]
Sink = Callable[[bytes], None]


def encode(value: Settings | list[list[int]]) -> bytes:
    """Marshalled in the second version of the format, which every Python 3 reads."""
    return marshal.dumps(value, 2)


def pack_settings(settings: Settings) -> bytes:
    """As the launcher reads them: eight hex digits of length, then a marshalled dict."""
    body = encode(settings)
    return f"{len(body):08x}".encode() + body


@dataclass
class Launched:
    """A started command: `popen` is the target itself in a group, else its supervisor."""

    popen: subprocess.Popen[bytes]
    target: int
    started: int
    status: int
    group: Group | None
    spent_ns: int = 0
    """What the target's process used before it became the target."""
    pumps: list[threading.Thread] = field(default_factory=list)
    ended: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def pids(self) -> set[int]:
        if self.group:
            return self.group.pids()
        return proc.descendants(self.popen.pid)

    def exit_code(self) -> int:
        """Of a command that has ended; negative is the signal that ended it."""
        return int(self.popen.returncode)

    def wait(self, seconds: float) -> bool:
        """Whether the command ended by itself in time."""
        try:
            self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def wait_watching(self, seconds: float, look: Callable[[], object]) -> bool:
        """As `wait`, seeing the end at once; `look` is called on the way, ever less often."""
        descriptor = os.pidfd_open(self.popen.pid)
        try:
            for pause in pauses(seconds):
                ended = select.select([descriptor], [], [], pause)[0]
                look()
                if ended:
                    return self.wait(seconds)
        finally:
            os.close(descriptor)
        return False

    def end(self) -> None:
        """Kill what is left of it, and wait for that. Safe twice."""
        with self._lock:
            if self.ended:
                return
            if self.group:
                self.group.kill()
                self.popen.wait()
            else:
                self._end_supervised()
            self.ended = True
        self._close_pipes()

    def start_pumps(self, out: Sink, err: Sink) -> None:
        assert self.popen.stdout is not None
        assert self.popen.stderr is not None
        self.pumps = [_pump(self.popen.stdout.fileno(), out), _pump(self.popen.stderr.fileno(), err)]

    def _close_pipes(self) -> None:
        for pump in self.pumps:
            pump.join(5.0)
        held = any(pump.is_alive() for pump in self.pumps)
        for stream in (self.popen.stdin, self.popen.stdout, self.popen.stderr):
            if stream and not (held and stream is not self.popen.stdin):
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        if held:
            raise SandboxError("something outside the sandbox holds the pipes of an ended command")

    def _end_supervised(self) -> None:
        self.popen.terminate()
        if not self.wait(10.0):
            proc.end_tree(self.popen.pid, proc.start_time(self.popen.pid) or 0)
        self.popen.wait()
        proc.end_tree(self.target, self.started)

    def release(self) -> None:
        """Give back the group and the status pipe; the clock cannot be read afterwards."""
        if self.status >= 0:
            os.close(self.status)
            self.status = -1
        if self.group:
            self.group.remove()


def pauses(seconds: float) -> Iterator[float]:
    """Until so much time is over: how long to wait for the next look, a tenth of the time so far."""
    begun = time.monotonic()
    while (spent := time.monotonic() - begun) < seconds:
        yield min(max(LOOK_SECONDS, spent / 10), MOST_SECONDS, seconds - spent)


def launch(settings: Settings, group: Group | None, out: Sink, err: Sink) -> Launched:
    """Start, and return when the target is about to run its first instruction.

    Without a group a supervisor stays between us and the target. Raises
    SandboxError when the launcher cannot set the sandbox up.
    """
    status_read, status_write = os.pipe()
    settings = {
        **settings,
        "status_fd": status_write,
        "supervise": group is None,
        "report_end": group is None,
        "cgroups": group.entrances if group else [],
    }
    popen = subprocess.Popen(
        [sys.executable, "-I", "-S", str(LAUNCHER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=[status_write],
        start_new_session=True,
        env={},
        cwd="/",
    )
    os.close(status_write)
    launched = Launched(popen, popen.pid, 0, status_read, group)
    try:
        write_all(popen, pack_settings(settings))
        message = read_status(status_read, START_SECONDS)
        if message is None or "error" in message:
            raise SandboxError(f"cannot set the sandbox up: {reason(message, popen)}")
        launched.target = int(str(message.get("child", message["pid"])))
        launched.spent_ns = int(str(message.get("spent_ns", 0)))
        launched.started = proc.start_time(launched.target) or 0
    except BaseException:
        launched.end()
        launched.release()
        raise
    launched.start_pumps(out, err)
    return launched


def write_all(popen: subprocess.Popen[bytes], data: bytes) -> None:
    assert popen.stdin is not None
    try:
        popen.stdin.write(data)
        popen.stdin.flush()
    except BrokenPipeError as error:
        raise SandboxError("cannot set the sandbox up: the launcher ended too early") from error


def read_status(fd: int, seconds: float) -> dict[str, object] | None:
    """The launcher's next line; None at the end of the pipe or past the time."""
    data = b""
    deadline = time.monotonic() + seconds
    while not data.endswith(b"\n"):
        ready, _, _ = select.select([fd], [], [], max(0.0, deadline - time.monotonic()))
        chunk = os.read(fd, 1) if ready else b""
        if not chunk:
            return None
        data += chunk
    message: dict[str, object] = json.loads(data)
    return message


def reason(message: dict[str, object] | None, popen: subprocess.Popen[bytes]) -> str:
    if message:
        return str(message["error"])
    popen.kill()
    assert popen.stderr is not None
    return popen.stderr.read(4096).decode("utf-8", "replace").strip() or "the launcher said nothing"


def _pump(fd: int, sink: Sink) -> threading.Thread:
    def copy() -> None:
        while data := os.read(fd, 65536):
            sink(data)
        sink(b"")  # as `os.read` has it: nothing more comes

    thread = threading.Thread(target=copy, daemon=True)
    thread.start()
    return thread
