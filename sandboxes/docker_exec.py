"""A command in a running container, by way of the launcher and the engine's exec stream."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import docker
from docker.errors import NotFound

from hotloop.sandboxes.docker_engine import engine_errors
from hotloop.sandboxes.docker_stream import Stream
from hotloop.sandboxes.errors import SandboxError
from hotloop.sandboxes.launching import Settings, Sink, pack_settings, pauses

INSIDE = "/hotloop/inside"
START_SECONDS = 30.0
STATUS_LIMIT = 8192


class _Status:
    """Takes the launcher's line off the front of stdout and passes the rest on."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._data = b""
        self._done = threading.Event()
        self.message: dict[str, object] | None = None

    def feed(self, data: bytes) -> None:
        if self._done.is_set():
            self._sink(data)
            return
        self._data += data
        line, newline, rest = self._data.partition(b"\n")
        if newline or not data or len(self._data) > STATUS_LIMIT:
            self.message = json.loads(line) if newline else None
            self._done.set()
            if rest or not data:
                self._sink(rest)

    def wait(self, seconds: float) -> dict[str, object] | None:
        self._done.wait(seconds)
        return self.message


@dataclass(eq=False)
class Exec:
    """A started command. supervisor: pid of its launcher, as numbered in the container."""

    client: docker.DockerClient
    exec_id: str
    supervisor: int
    _stream: Stream
    _pump: threading.Thread
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, data: bytes) -> None:
        """Raises OSError when the other end is gone."""
        self._stream.send(data)

    def close_stdin(self) -> None:
        self._stream.close_input()

    def wait(self, seconds: float) -> bool:
        """Whether its output ended in time."""
        self._pump.join(seconds)
        return not self._pump.is_alive()

    def has_ended(self) -> bool:
        return self.wait(0)

    def wait_watching(self, seconds: float, look: Callable[[], object]) -> bool:
        """As `wait`; `look` is called on the way, ever less often."""
        for pause in pauses(seconds):
            if self.wait(pause):
                return True
            look()
        return False

    def exit_code(self) -> int:
        """Negative for a signal: the engine reports 128 and the signal's number."""
        deadline = time.monotonic() + 10.0
        while time.monotonic() < deadline:
            with engine_errors("to say how a command ended"):
                try:
                    found = self.client.api.exec_inspect(self.exec_id)
                except NotFound:
                    return -9  # the container was restarted over it
            if not found["Running"] and found["ExitCode"] is not None:
                code = int(found["ExitCode"])
                return 128 - code if 128 < code <= 192 else code
            time.sleep(0.005)
        raise SandboxError("the engine does not say how a command ended")

    def host_pid(self) -> int:
        """Pid of the launcher as the engine's host numbers it."""
        with engine_errors("to say which process a command is"):
            return int(self.client.api.exec_inspect(self.exec_id)["Pid"])

    def close(self) -> None:
        self._stream.close()


def start_exec(
    client: docker.DockerClient,
    container: str,
    settings: Settings,
    *,
    python: str,
    user: str,
    out: Sink,
    err: Sink,
) -> Exec:
    """Start, and return when the target is about to run. Raises SandboxError.

    All that the command needs travels on stdin, so that neither the engine nor an
    image made of the container keeps its environment.
    """
    command = [python, "-I", "-S", f"{INSIDE}/launcher.py"]
    status = _Status(out)
    with engine_errors("to start a command"):
        created = client.api.exec_create(container, command, stdin=True, user=user, workdir="/")
        stream = Stream(client.api.exec_start(created["Id"], socket=True))
        pump = threading.Thread(target=_pump, args=(stream, status.feed, err), daemon=True)
        pump.start()
        stream.send(pack_settings({**settings, "status_fd": 1, "supervise": True}))
    message = status.wait(START_SECONDS)
    if message is None or "error" in message:
        stream.close()
        reason = message["error"] if message else "the launcher did not start; does the image's Python work?"
        raise SandboxError(f"cannot start a command in the container: {reason}")
    return Exec(client, created["Id"], int(str(message["pid"])), stream, pump)


def _pump(stream: Stream, out: Sink, err: Sink) -> None:
    for kind, data in stream.chunks():
        (out if kind == 1 else err)(data)
    out(b"")
    err(b"")
