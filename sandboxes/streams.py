"""What comes out of a sandbox, held within bounds while it comes."""

from __future__ import annotations

import threading
import time

from hotloop.sandboxes.base import ProcessEnded, ProcessTimeout

TAIL = 4096
READ_AHEAD = 1 << 20


class BoundedOutput:
    """Keeps the beginning and the end of a stream, `limit` bytes in all."""

    def __init__(self, limit: int) -> None:
        self._head_limit = limit // 2
        self._tail_limit = limit - self._head_limit
        self._head = bytearray()
        self._tail = bytearray()
        self._seen = 0

    def feed(self, data: bytes) -> None:
        self._seen += len(data)
        room = self._head_limit - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        if len(self._tail) > self._tail_limit:
            del self._tail[: -self._tail_limit or None]

    @property
    def truncated(self) -> bool:
        return self._seen > self._head_limit + self._tail_limit

    def value(self) -> bytes:
        return bytes(self._head + self._tail)


class Tail:
    """The last 4 KiB of a stream."""

    def __init__(self) -> None:
        self._data = b""

    def feed(self, data: bytes) -> None:
        self._data = (self._data + data)[-TAIL:]

    def text(self) -> str:
        return self._data.decode("utf-8", "replace")


class Lines:
    """A stream handed over line by line between two threads.

    The feeding side waits when the reading side does not come for what is
    there, so that a flood fills a pipe and not our memory.
    """

    def __init__(self) -> None:
        self._data = bytearray()
        self._changed = threading.Condition()
        self._wanted = READ_AHEAD
        self._most: int | None = None
        self._ended = False

    def feed(self, data: bytes) -> None:
        """Nothing (b"") says that the stream has ended, as for `os.read`."""
        with self._changed:
            if not data:
                self._ended = True
            if not self._ended:
                self._data += data if self._most is None else data[: max(0, self._most + 1 - len(self._data))]
            self._changed.notify_all()
            self._changed.wait_for(self._has_room)

    def _has_room(self) -> bool:
        return self._ended or self._most is not None or len(self._data) <= self._wanted

    def keep(self, limit: int) -> None:
        """From here on `rest` reads, at the end; what passes `limit` bytes is dropped."""
        with self._changed:
            self._most = limit
            self._changed.notify_all()

    def rest(self, limit: int) -> bytes:
        """All that was left. Raises ProcessEnded when that was more than `limit` bytes."""
        with self._changed:
            if len(self._data) > limit:
                raise ProcessEnded(f"it wrote more than {limit} bytes")
            data = bytes(self._data)
            self._data.clear()
            return data

    def end(self) -> None:
        """The reading side wants no more: what is still fed is dropped."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def read_line(self, seconds: float, limit: int) -> bytes:
        """See `Process.read_line`."""
        deadline = time.monotonic() + seconds
        with self._changed:
            self._wanted = max(READ_AHEAD, limit)
            scanned = 0
            while (end := self._data.find(b"\n", scanned)) < 0:
                scanned = len(self._data)
                self._wait_for_more(deadline, limit)
            if end > limit:
                raise ProcessEnded(f"a line is longer than {limit} bytes")
            line = bytes(self._data[:end])
            del self._data[: end + 1]
            self._changed.notify_all()
            return line

    def _wait_for_more(self, deadline: float, limit: int) -> None:
        if len(self._data) > limit:
            raise ProcessEnded(f"a line is longer than {limit} bytes")
        if self._ended:
            raise ProcessEnded("its output has ended")
        self._changed.notify_all()
        if not self._changed.wait(deadline - time.monotonic()) and time.monotonic() >= deadline:
            raise ProcessTimeout("no line came in time")
