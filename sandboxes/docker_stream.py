"""A hijacked connection to the engine: what goes into a container, and what comes out on two streams."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any


class Stream:
    """response: as the docker package hands out the connection. Sending is safe from several threads."""

    def __init__(self, response: Any) -> None:
        self._response = response
        # Over ssh or TLS the stream is its own socket; else it wraps one.
        self._socket: socket.socket = getattr(response, "_sock", response)
        self._socket.settimeout(None)
        self._sending = threading.Lock()

    def send(self, data: bytes) -> None:
        """Raises OSError when the other end is gone."""
        with self._sending:
            self._socket.sendall(data)

    def close_input(self) -> None:
        """Raises OSError when the other end is gone."""
        self._socket.shutdown(socket.SHUT_WR)

    def chunks(self) -> Iterator[tuple[int, bytes]]:
        """(1 for stdout or 2 for stderr, data), until the other end or `close` ends it.

        See "Stream format" in the Engine API's ContainerAttach.
        """
        header = b""
        # Closed by us in another thread, or the engine is gone: either way nothing more comes.
        with suppress(OSError):
            while chunk := self._socket.recv(8 - len(header)):
                header += chunk
                if len(header) == 8:
                    kind, left = struct.unpack(">BxxxL", header)
                    header = b""
                    while left and (data := self._socket.recv(min(left, 65536))):
                        left -= len(data)
                        yield kind, data

    def close(self) -> None:
        """The response, the stream and the socket each keep the connection open. Safe twice."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        for part in (getattr(self._response, "_response", None), self._response, self._socket):
            if part is not None:
                part.close()
