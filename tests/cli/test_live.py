"""Progress: one safe line an event, and no event can stop a run."""

from __future__ import annotations

import os
import pty
import select
from io import StringIO
from typing import Any

import pytest

from hotloop.cli.live import LiveView, PlainView, describe, open_view
from hotloop.errors import UsageError
from hotloop.sandboxes.errors import SandboxError

EVENTS: list[tuple[dict[str, Any], str | None]] = [
    (
        {"event": "run_started", "run_id": "r1", "repo": "/x", "sandbox": "local", "coder": "catalog"},
        "run r1: /x (sandbox local, coder catalog)",
    ),
    ({"event": "log", "message": "building"}, "building"),
    ({"event": "node", "name": "measure", "round": 2}, "round 2: measure"),
    ({"event": "node", "name": "prepare", "round": 0}, "prepare"),
    (
        {
            "event": "baseline",
            "passed": 12,
            "failed": 0,
            "flaky": 1,
            "call_ms": 14.217,
            "noise_low": 0.998,
            "noise_high": 1.003,
        },
        "baseline: 12 tests passed, 1 flaky; a call takes 14.2 ms; base over base reads 0.998 to 1.003",
    ),
    (
        {"event": "hotspots", "top": [{"function": "f", "file": "a.py", "share": 0.41}]},
        "hotspots: f 41%",
    ),
    ({"event": "hotspots", "top": []}, "hotspots: none inside the repository"),
    (
        {"event": "proposed", "candidates": [{"id": 1, "summary": "use a set", "origin": "catalog"}]},
        "proposed candidate 1: use a set",
    ),
    ({"event": "proposed", "candidates": []}, "proposed nothing new"),
    (
        {"event": "gate", "candidate": 1, "gate": "scope", "passed": True, "detail": "", "seconds": 0.1},
        None,
    ),
    (
        {"event": "gate", "candidate": 1, "gate": "tests", "passed": False, "detail": "t", "seconds": 1},
        "candidate 1: stopped by tests: t",
    ),
    (
        {
            "event": "verdict",
            "candidate": 1,
            "outcome": "not_faster",
            "ratio": 1.001,
            "low": 0.99,
            "high": 1.01,
        },
        "candidate 1: not faster 1.001× [0.990, 1.010]",
    ),
    (
        {"event": "opinion", "decision": "revise", "bottleneck": "io", "next_step": "buffer"},
        "judge: revise; io; next: buffer",
    ),
    (
        {"event": "finish", "status": "no_improvement", "ratio": None, "low": None, "high": None},
        "finished: no improvement",
    ),
    ({"event": "of a later version"}, None),
    ({}, None),
]


@pytest.mark.parametrize(("event", "line"), EVENTS)
def test_an_event_is_told_in_one_line(event: dict[str, Any], line: str | None) -> None:
    assert describe(event) == line


def test_an_event_cannot_write_to_the_terminal_or_flood_it() -> None:
    told = describe({"event": "log", "message": "\x1b[2J" + "a\n" * 1_000_000})
    assert told is not None
    assert told.isprintable()
    assert len(told) < 400


def test_plain_lines_are_written_where_there_is_no_terminal() -> None:
    stream = StringIO()
    with open_view(stream) as view:
        for event, _ in EVENTS:
            view(event)
    assert stream.getvalue().splitlines() == [line for _, line in EVENTS if line is not None]


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), SandboxError("the engine died")])
def test_what_stops_a_run_early_says_how_to_go_on(stop: BaseException) -> None:
    assert told_when_stopped(stop, resumable=True).endswith("go on with: hotloop resume r1\n")


def test_nothing_is_said_where_there_is_nothing_to_go_on_with() -> None:
    assert "resume" not in told_when_stopped(KeyboardInterrupt(), resumable=False)
    assert "resume" not in told_when_stopped(UsageError("a mistake", "mend it"), resumable=True)


def told_when_stopped(stop: BaseException, *, resumable: bool) -> str:
    stream = StringIO()
    with pytest.raises(type(stop)), open_view(stream, resumable=resumable) as view:
        view(EVENTS[0][0])
        raise stop
    return stream.getvalue()


def test_on_a_terminal_the_view_is_live(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    leader, follower = pty.openpty()
    with os.fdopen(follower, "w") as terminal:
        with open_view(terminal) as view:
            assert isinstance(view, LiveView)
            view({"event": "node", "name": "[red]measure\x1b[2J", "round": 2})
            view({"event": "log", "message": "[bold]as it is[/bold] :smile:"})
        terminal.flush()
        shown = ""
        while "\x1b[?25h" not in shown and select.select([leader], [], [], 5)[0]:
            shown += os.read(leader, 1 << 16).decode()
    os.close(leader)
    assert "[bold]as it is[/bold] :smile:" in shown
    assert "\x1b[2J" not in shown
    assert "\x1b[?25h" in shown


def test_a_dumb_terminal_gets_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    leader, follower = pty.openpty()
    with os.fdopen(follower, "w") as terminal:
        assert type(open_view(terminal)) is PlainView
    os.close(leader)
