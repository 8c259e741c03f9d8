"""Commands in a container by way of its supervisor: one stream for all of them."""

from __future__ import annotations

import itertools
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field

from hotloop.sandboxes.docker_stream import Stream
from hotloop.sandboxes.errors import SandboxError
from hotloop.sandboxes.inside import frames
from hotloop.sandboxes.launching import START_SECONDS, Settings, Sink, encode
from hotloop.sandboxes.streams import Tail

PIECE, AHEAD = 1 << 16, 1 << 18
"""Bytes of input in one frame, and most of them on their way at one time."""
KILL_SECONDS, SWEEP_SECONDS, NEWS_SECONDS = 5.0, 30.0, 0.5
LAST = {frames.ENDED, frames.FAILED, frames.LOST, frames.HELLO, frames.SWEPT}


class CommandLost(Exception):
    """What looked after a command ended before it. killed: by a signal that nothing inside can send."""

    def __init__(self, killed: bool) -> None:
        super().__init__("nobody can say how a command ended")
        self.killed = killed


@dataclass(eq=False)
class ChannelCommand:
    """A command in the supervisor's hands."""

    number: int
    out: Sink
    err: Sink
    _stream: Stream
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _outcome: tuple[int, bytes] | None = None
    _ahead: int = 0

    def hear(self, kind: int, payload: bytes) -> None:
        """A frame of the supervisor's about this command."""
        if kind == frames.OUT:
            self.out(payload)
        elif kind == frames.ERR:
            self.err(payload)
        else:
            with self._changed:
                if kind == frames.TOOK:
                    self._ahead -= int(payload)
                elif kind in LAST and self._outcome is None:
                    self._outcome = kind, payload
                self._changed.notify_all()

    def feed(self, data: bytes, seconds: float) -> None:
        """All of its input, until it has taken it, ends, or the time is over."""
        deadline = time.monotonic() + seconds
        for start in range(0, len(data), PIECE):
            piece = data[start : start + PIECE]
            with self._changed:
                room = self._changed.wait_for(self._may_feed, deadline - time.monotonic())
                if not room or self._outcome:
                    return
                self._ahead += len(piece)
            self._say(frames.INPUT, piece)
        self._say(frames.INPUT, b"")

    def _say(self, kind: int, payload: bytes) -> None:
        with suppress(OSError):  # the supervisor has ended, as who listens to it will say
            self._stream.send(frames.pack(self.number, kind, payload))

    def _may_feed(self) -> bool:
        return self._ahead < AHEAD or self._outcome is not None

    def wait(self, seconds: float) -> bool:
        """Whether it ended in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._outcome is not None, seconds)

    def exit_code(self) -> int:
        """Of a command that has ended; negative for a signal.

        Raises CommandLost, and SandboxError for a command that could not start.
        """
        if self._outcome is None:
            raise SandboxError("the command has not ended")
        kind, payload = self._outcome
        if kind == frames.LOST:
            raise CommandLost(payload == b"killed")
        if kind == frames.FAILED:
            reason = payload.decode("utf-8", "replace")
            raise SandboxError(f"cannot start a command in the container: {reason}")
        return int(payload)

    def has_ended(self) -> bool:
        """It is asked to if it has not, with all that it started."""
        if not self.wait(0):
            self._say(frames.KILL, b"")
        return self.wait(KILL_SECONDS)

    def close(self) -> None:
        """The stream is not its own."""

    def answer(self) -> bytes | None:
        """To a question that is no command; None as long as there is none."""
        return self._outcome[1] if self._outcome and self._outcome[0] != frames.LOST else None


class Channel:
    """What is said to a container's supervisor and heard from it.

    A supervisor that ends, or says what is none of the frames, loses all its commands:
    `dead` is then why, and `ran_out` whether that was for want of memory. replaced: the
    container was restarted although it lived.
    """

    def __init__(self, stream: Stream) -> None:
        self.dead: str | None = None
        self.replaced = False
        self.ran_out: bool | None = None
        self._stream = stream
        self._errors = Tail()
        self._numbers = itertools.count(1)
        self._live: dict[int, ChannelCommand] = {}
        self._lock = threading.Lock()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def greet(self) -> None:
        """Wait until it listens. Raises SandboxError."""
        if self._ask(frames.HELLO, b"", START_SECONDS) is None:
            raise SandboxError(
                f"the container's supervisor did not start; does the image's Python work? {self.dead or ''}"
            )

    def start(self, settings: Settings, out: Sink, err: Sink) -> ChannelCommand:
        """Returns at once. Raises SandboxError when nobody listens."""
        command = self._add(out, err)
        self._send(frames.pack(command.number, frames.START, encode(settings)))
        return command

    def sweep(self, pids: list[int], numbers: list[int]) -> bool:
        """End all but what is below these pids and these commands; whether that was done."""
        return self._ask(frames.SWEEP, encode([pids, numbers]), SWEEP_SECONDS) == b"1"

    def answers(self) -> bool:
        """Whether the supervisor lives: it is asked, as the news of its end may be on the way."""
        return self._ask(frames.HELLO, b"", KILL_SECONDS) is not None

    def has_ended(self) -> bool:
        """Whether the supervisor has, once what it said last was heard."""
        self._listener.join(NEWS_SECONDS)
        return self.dead is not None

    def close(self) -> None:
        """The supervisor ends, and with it the container."""
        self._stream.close()

    def _add(self, out: Sink, err: Sink) -> ChannelCommand:
        command = ChannelCommand(next(self._numbers), out, err, self._stream)
        with self._lock:
            if self.dead is not None:
                raise SandboxError(f"the container's supervisor has ended: {self.dead}")
            self._live[command.number] = command
        return command

    def _send(self, frame: bytes) -> None:
        try:
            self._stream.send(frame)
        except OSError as error:
            raise SandboxError(f"the container's supervisor reads no more: {error}") from error

    def _ask(self, kind: int, payload: bytes, seconds: float) -> bytes | None:
        """The answer; None when it does not come in time or nobody is there to give it."""
        try:
            question = self._add(_drop, _drop)
            self._send(frames.pack(question.number, kind, payload))
        except SandboxError:
            return None
        question.wait(seconds)
        return question.answer()

    def _listen(self) -> None:
        received = bytearray()
        reason = "its stream ended"
        try:
            for kind, data in self._stream.chunks():
                if kind == 2:
                    self._errors.feed(data)
                    continue
                received += data
                for frame in frames.take(received, frames.MOST_OUTPUT):
                    self._hear(*frame)
        except ValueError as error:
            reason = f"it said what is no frame: {error}"
        self._lose_all(f"{reason} {self._errors.text()[-300:]}".strip())

    def _hear(self, number: int, kind: int, payload: bytes) -> None:
        with self._lock:
            command = self._live.pop(number, None) if kind in LAST else self._live.get(number)
        if command is not None:
            command.hear(kind, payload)

    def _lose_all(self, reason: str) -> None:
        with self._lock:
            self.dead = reason
            lost, self._live = self._live, {}
        for command in lost.values():
            command.hear(frames.LOST, b"")


def _drop(data: bytes) -> None:
    del data
