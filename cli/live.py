"""A run as it happens, on stderr: a live line on a terminal, plain lines elsewhere.

What a run says of itself may hold a target's or a model's words; they are
made safe here, whatever the event.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self, TextIO

from hotloop.agent.report.escape import line
from hotloop.errors import InfrastructureError

if TYPE_CHECKING:
    from rich.status import Status

Event = Mapping[str, Any]


class View(Protocol):
    """A listener for a run's events. A context manager; safe from several threads."""

    run_id: str | None

    def __call__(self, event: dict[str, Any]) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def open_view(stream: TextIO | None = None, *, resumable: bool = True) -> View:
    """The view that fits `stream` (stderr). resumable: whether what stops early can be gone on with."""
    stream = stream or sys.stderr
    if stream.isatty() and os.environ.get("TERM") != "dumb":
        return LiveView(stream, resumable)
    return PlainView(stream, resumable)


def describe(event: Event) -> str | None:
    """One line about an event; None for one with nothing to say or of an unknown kind."""
    tell = _TELL.get(str(event.get("event")))
    told = tell(event) if tell is not None else None
    return None if told is None else line(told, 300)


class PlainView:
    """One line an event."""

    def __init__(self, stream: TextIO, resumable: bool = True) -> None:
        self._stream = stream
        self._resumable = resumable
        self.run_id: str | None = None

    def __call__(self, event: dict[str, Any]) -> None:
        self.run_id = self.run_id or event.get("run_id")
        told = describe(event)
        if told is not None:
            self.show(told)

    def show(self, text: str) -> None:
        self._stream.write(text + "\n")
        self._stream.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        stopped = isinstance(error, KeyboardInterrupt | InfrastructureError)
        if stopped and self._resumable and self.run_id:
            self.show(f"interrupted; go on with: hotloop resume {self.run_id}")


class LiveView(PlainView):
    """The same lines, above one that says what is being done now."""

    def __init__(self, stream: TextIO, resumable: bool = True) -> None:
        from rich.console import Console

        super().__init__(stream, resumable)
        self._console = Console(file=stream, highlight=False, markup=False, emoji=False)
        self._status: Status = self._console.status("starting", spinner="dots")

    def __call__(self, event: dict[str, Any]) -> None:
        if event.get("event") == "node":
            self._status.update(_now(event))
        else:
            super().__call__(event)

    def show(self, text: str) -> None:
        self._console.print(text, soft_wrap=True)

    def __enter__(self) -> Self:
        self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._status.stop()
        super().__exit__(kind, error, trace)


def _now(event: Event) -> str:
    number = event.get("round")
    name = line(str(event.get("name")), 40)
    return f"round {number}: {name}" if number else name


def _ratio(event: Event) -> str:
    ratio, low, high = (event.get(name) for name in ("ratio", "low", "high"))
    return "" if ratio is None else f" {ratio:.3f}× [{low:.3f}, {high:.3f}]"


def _started(event: Event) -> str:
    return f"run {event['run_id']}: {event['repo']} (sandbox {event['sandbox']}, coder {event['coder']})"


def _baseline(event: Event) -> str:
    return (
        f"baseline: {event['passed']} tests passed, {event['flaky']} flaky; a call takes "
        f"{event['call_ms']:.3g} ms; base over base reads "
        f"{event['noise_low']:.3f} to {event['noise_high']:.3f}"
    )


def _hotspots(event: Event) -> str:
    top = [f"{spot['function']} {spot['share']:.0%}" for spot in event["top"][:3]]
    return "hotspots: " + (", ".join(top) or "none inside the repository")


def _proposed(event: Event) -> str:
    found = [f"candidate {one['id']}: {line(one['summary'], 110)}" for one in event["candidates"]]
    return "proposed " + ("; ".join(found) or "nothing new")


def _gate(event: Event) -> str | None:
    if event["passed"]:
        return None
    return f"candidate {event['candidate']}: stopped by {event['gate']}: {event['detail']}"


def _verdict(event: Event) -> str:
    return f"candidate {event['candidate']}: {str(event['outcome']).replace('_', ' ')}{_ratio(event)}"


def _opinion(event: Event) -> str:
    return f"judge: {event['decision']}; {event['bottleneck']}; next: {event['next_step']}"


def _finish(event: Event) -> str:
    return f"finished: {str(event['status']).replace('_', ' ')}{_ratio(event)}"


_TELL: dict[str, Callable[[Event], str | None]] = {
    "run_started": _started,
    "log": lambda event: str(event["message"]),
    "node": _now,
    "baseline": _baseline,
    "hotspots": _hotspots,
    "proposed": _proposed,
    "gate": _gate,
    "verdict": _verdict,
    "opinion": _opinion,
    "finish": _finish,
}
