"""A command in a running container, by way of the launcher and the engine's exec stream."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import docker
from docker.errors import NotFound

from hotloop.sandboxes.docker_engine import engine_errors
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


@dataclass
class Exec:
    """A started command. supervisor: pid of its launcher, as numbered in the container."""

    client: docker.DockerClient
    exec_id: str
    supervisor: int
    _socket: socket.socket
    _pump: threading.Thread
    _stream: Any
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, data: bytes) -> None:
        """Raises OSError when the other end is gone."""
        self._socket.sendall(data)

    def close_stdin(self) -> None:
        self._socket.shutdown(socket.SHUT_WR)

    def wait(self, seconds: float) -> bool:
        """Whether its output ended in time."""
        self._pump.join(seconds)
        return not self._pump.is_alive()

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
        _close(self._stream, self._socket)


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
        stream = client.api.exec_start(created["Id"], socket=True)
        # Over ssh or TLS the stream is its own socket; else it wraps one.
        raw: Any = getattr(stream, "_sock", stream)
        raw.settimeout(None)
        pump = threading.Thread(target=_pump, args=(raw, status.feed, err), daemon=True)
        pump.start()
        raw.sendall(pack_settings({**settings, "status_fd": 1, "supervise": True}))
    message = status.wait(START_SECONDS)
    if message is None or "error" in message:
        _close(stream, raw)
        reason = message["error"] if message else "the launcher did not start; does the image's Python work?"
        raise SandboxError(f"cannot start a command in the container: {reason}")
    return Exec(client, created["Id"], int(str(message["pid"])), raw, pump, stream)


def _close(stream: Any, raw: socket.socket) -> None:
    """The response, the stream and the socket each keep the connection open."""
    with suppress(OSError):
        raw.shutdown(socket.SHUT_RDWR)
    for part in (getattr(stream, "_response", None), stream, raw):
        if part is not None:
            part.close()


def _frames(raw: socket.socket) -> Iterator[tuple[int, bytes]]:
    """(1 for stdout or 2 for stderr, data). See "Stream format" in the Engine API's ContainerAttach."""
    header = b""
    while chunk := raw.recv(8 - len(header)):
        header += chunk
        if len(header) == 8:
            kind, left = struct.unpack(">BxxxL", header)
            header = b""
            while left and (data := raw.recv(min(left, 65536))):
                left -= len(data)
                yield kind, data


def _pump(raw: socket.socket, out: Sink, err: Sink) -> None:
    # Closed by us in another thread, or the engine is gone: either way nothing more comes.
    with suppress(OSError):
        for kind, data in _frames(raw):
            (out if kind == 1 else err)(data)
    out(b"")
    err(b"")
