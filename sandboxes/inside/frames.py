"""What Hotloop and the supervisor in a container say to each other.

A frame is the number of a command, a kind, the length of what follows, and that: all in
network order. From Hotloop come HELLO (answered alike), START (marshalled settings, see
`launcher`), INPUT (of the command's stdin; nothing: its end), KILL and SWEEP (marshalled:
the pids and the commands to keep). From the supervisor come OUT and ERR, TOOK (so many bytes of input
have gone to the command), SWEPT (1: nothing is left), and last of each command ENDED (its exit code,
negative for a signal), FAILED (why it did not start) or LOST (nobody can say;
"killed" when a signal ended what looked after it).
"""

from __future__ import annotations

import os
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

HEADER = struct.Struct(">IBI")
HELLO, START, INPUT, KILL, SWEEP, OUT, ERR, TOOK, SWEPT, ENDED, FAILED, LOST = range(1, 13)
MOST_OUTPUT = 65536
"""Bytes that the supervisor says in one frame."""


def pack(number: int, kind: int, payload: bytes) -> bytes:
    return HEADER.pack(number, kind, len(payload)) + payload


def take(received: bytearray, most: int = 1 << 31) -> Iterator[tuple[int, int, bytes]]:
    """The frames that are complete, taken off the front. Raises ValueError for one longer than `most`."""
    while len(received) >= HEADER.size:
        number, kind, length = HEADER.unpack_from(received)
        if length > most:
            raise ValueError(f"a frame of {length} bytes")
        end = HEADER.size + length
        if len(received) < end:
            return
        payload = bytes(received[HEADER.size : end])
        del received[:end]
        yield number, kind, payload


def write(fd: int, number: int, kind: int, payload: bytes) -> None:
    """Raises OSError when nobody reads."""
    rest = memoryview(pack(number, kind, payload))
    while rest:
        rest = rest[os.write(fd, rest) :]
