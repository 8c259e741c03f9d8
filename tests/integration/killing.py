"""Runs of the real command that are killed and resumed, and a model whose every request is counted.

Replies depend on the request alone, so that a killed and resumed run must end
as one that was left alone.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openai_server import OpenAIServer, Step, completion

from hotloop.agent.models.journal import Journal
from hotloop.agent.result import RunRecord
from hotloop.agent.run import load

MODEL = "relay"
CODER, JUDGE = "coder", "judge"
NO_RUN = "no run"

_PACKAGE = '''\
"""Small questions about lists."""


def duplicates(values):
    """Values that occur more than once, in the order of their first occurrence."""
    found = []
    for value in values:
        if values.count(value) > 1 and value not in found:
            found.append(value)
    return found
'''
_TESTS = """\
from tally import duplicates


def test_order_is_that_of_the_first_occurrence():
    assert duplicates([3, 1, 3, 2, 1, 3]) == [3, 1]


def test_distinct_values_have_no_duplicates():
    assert duplicates([1, 2, 3]) == []


def test_an_empty_list_has_no_duplicates():
    assert duplicates([]) == []
"""
_WORKLOAD = """\
import random

from tally import duplicates


def setup(seed):
    numbers = random.Random(seed)
    return [numbers.randrange(2000) for _ in range(500)]


def workload(values):
    return duplicates(values)
"""
_TASK = """\
workload = "workload.py"
tests = "python -m pytest -q -p no:cacheprovider test_tally.py"
measure_seconds = 4
equivalence_seconds = 1
"""
_CHANGE = """\
Count every value once instead of once for each occurrence.

tally/__init__.py
<<<<<<< SEARCH
    found = []
    for value in values:
        if values.count(value) > 1 and value not in found:
            found.append(value)
    return found
=======
    times = {}
    for value in values:
        times[value] = times.get(value, 0) + 1
    return [value for value, count in times.items() if count > 1]
>>>>>>> REPLACE
"""
_OPINION = {
    "decision": "accept",
    "bottleneck": "duplicates counts each value with a scan",
    "next_step": "Stop here: one pass is left.",
    "expected_gain": 1.0,
}
_FLAGS = (
    *("--coder", "model", "--model", MODEL, "--rounds", "1", "--candidates", "1"),
    *("--max-turns", "6", "--json"),
)


def make_repository(folder: Path) -> Path:
    """One committed package whose only function is quadratic for no reason."""
    files = {
        "tally/__init__.py": _PACKAGE,
        "test_tally.py": _TESTS,
        "workload.py": _WORKLOAD,
        "hotloop.toml": _TASK,
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git = ("git", "-C", str(folder), "-c", "user.name=A", "-c", "user.email=a@example.org")
    for command in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "Tally")):
        subprocess.run([*git, *command], check=True, timeout=60)
    return folder


class Endpoint:
    """The model. `delay` seconds lie between request and reply; `hold` keeps replies back longer."""

    def __init__(self, delay: float = 0.0) -> None:
        self.server = OpenAIServer(answer=self._answer, known=[MODEL])
        self.arrived = threading.Event()
        self._delay = delay
        self._held: str | None = None
        self._release = threading.Event()

    @property
    def requests(self) -> Counter[str]:
        """How often the coder's and the judge's call were sent, as the server saw it."""
        return Counter(_who(body) for body in tuple(self.server.chats))

    def hold(self, who: str) -> None:
        """From now on the first request of `who` sets `arrived` and gets no reply before `release`."""
        self.arrived.clear()
        self._release.clear()
        self._held = who

    def release(self) -> None:
        self._held = None
        self._release.set()

    def _answer(self, body: dict[str, Any]) -> Step:
        who = _who(body)
        if self._held == who:
            self.arrived.set()
            self._release.wait(60)
        time.sleep(self._delay)
        return completion(json.dumps(_OPINION) if who == JUDGE else _CHANGE)


def _who(body: dict[str, Any]) -> str:
    return JUDGE if "response_format" in body else CODER


@dataclass(frozen=True)
class Outcome:
    """What must not depend on when a run was killed: everything but its figures."""

    status: str
    patch: str
    candidates: tuple[tuple[int, str], ...]
    gates: tuple[tuple[str, bool], ...]
    final_gates: tuple[tuple[str, bool], ...]
    opinions: tuple[str, ...]

    @classmethod
    def of(cls, record: RunRecord) -> Outcome:
        evidence = record.evidence
        return cls(
            status=record.result.status.value,
            patch=record.patch_text,
            candidates=tuple((one.candidate.id, one.status) for one in evidence),
            gates=tuple((gate.gate, gate.passed) for one in evidence for gate in one.gates),
            final_gates=tuple((gate.gate, gate.passed) for gate in record.final_gates),
            opinions=tuple(f"{one.opinion.decision} {one.opinion.origin}" for one in evidence if one.opinion),
        )


@dataclass(frozen=True)
class Kill:
    """One process killed. last: the event written last. recorded: calls whose reply was in the journal;
    lost: calls that had been sent and were without one. seen: the server's count at that time."""

    seconds: float
    last: str
    recorded: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()
    seen: Counter[str] = field(default_factory=Counter)


@dataclass
class KilledRun:
    """One run in its own folder, in as many processes as it takes. branch: to be made of the patch.

    environ: variables beside this process's own.
    """

    repository: Path
    out: Path
    endpoint: Endpoint
    branch: str | None = None
    sandbox: str = "local"
    environ: Mapping[str, str] = field(default_factory=dict)
    kills: list[Kill] = field(default_factory=list)
    restarts: int = 0

    @property
    def folder(self) -> Path | None:
        """Where the run is; None while it could not be resumed."""
        return next((path.parent for path in sorted(self.out.glob("*/plan.json"))), None)

    @property
    def events(self) -> int:
        """How many have been written so far."""
        path = None if self.folder is None else self.folder / "events.jsonl"
        return path.read_bytes().count(b"\n") if path is not None and path.is_file() else 0

    def killed_when(self, due: Callable[[float], bool], limit: float = 600.0) -> bool:
        """Start or resume, and kill once `due(seconds so far)`; whether that came before the end."""
        begun = time.monotonic()
        killed = self.ended_after(due, lambda process: process.kill(), limit) == -9
        if killed:
            self.kills.append(self._kill(time.monotonic() - begun))
        return killed

    def ended_after(
        self,
        due: Callable[[float], bool],
        act: Callable[[subprocess.Popen[bytes]], None],
        limit: float = 600.0,
    ) -> int:
        """Start or resume, act once `due(seconds so far)`, and wait; the exit code."""
        with self._started() as process:
            begun = time.monotonic()
            try:
                while process.poll() is None and not due(time.monotonic() - begun):
                    if time.monotonic() - begun > limit:
                        raise TimeoutError(f"not due after {limit} s; stderr: {self.stderr()}")
                    time.sleep(0.004)
                if process.poll() is None:
                    act(process)
                return process.wait(limit)
            finally:
                process.kill()

    def finished(self, limit: float = 600.0) -> RunRecord:
        """Start or resume, and wait for the end. Raises RuntimeError for any other end."""
        with self._started() as process:
            try:
                code = process.wait(limit)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        if code != 0 or self.folder is None:
            raise RuntimeError(f"exit code {code}: {self.stderr()}")
        return load(self.folder)

    def may_be_killed(self) -> bool:
        """Whether no call is under way that was lost before: one lost twice is given up, by design."""
        return self.folder is None or not self._kill(0.0).lost & {
            who for kill in self.kills for who in kill.lost
        }

    def refusal(self) -> str | None:
        """What `resume` says of a run killed before it began; None for one that had begun."""
        for path in () if self.folder else sorted(self.out.glob("*")):
            done = subprocess.run(
                _command("resume", str(path)), capture_output=True, text=True, timeout=60, check=False
            )
            return f"{done.returncode} {done.stderr.strip()}"
        return None

    def _started(self) -> subprocess.Popen[bytes]:
        if self.folder is not None:
            command = _command("resume", str(self.folder), "--json")
        else:
            self.restarts += bool(self.kills)
            branch = ("--branch", self.branch) if self.branch else ()
            flags = (*_FLAGS, "--sandbox", self.sandbox, *branch, "--out", str(self.out))
            command = _command("optimize", str(self.repository), *flags)
        clean = {name: value for name, value in os.environ.items() if not name.startswith("HOTLOOP_")}
        served = {"OPENAI_BASE_URL": self.endpoint.server.url, "OPENAI_API_KEY": "none"}
        environ = {**clean, **served, **self.environ}
        self.out.mkdir(parents=True, exist_ok=True)
        with (self.out / "stdout").open("wb") as stdout, (self.out / "stderr").open("wb") as stderr:
            return subprocess.Popen(command, env=environ, stdout=stdout, stderr=stderr, cwd=self.out)

    def _kill(self, seconds: float) -> Kill:
        if self.folder is None:
            return Kill(seconds, NO_RUN)
        entries = Journal(self.folder / "journal").entries()
        replied = frozenset(_caller(entry.key) for entry in entries if entry.reply is not None)
        lost = frozenset(_caller(entry.key) for entry in entries if entry.state == "sent")
        return Kill(seconds, last_event(self.folder), replied, lost, self.endpoint.requests)

    def stderr(self) -> str:
        return (self.out / "stderr").read_text("utf-8", "replace")[-50_000:]

    def faults(self, whole: Outcome, record: RunRecord) -> list[str]:
        """In what this run ended otherwise than one left alone, and what was asked too often."""
        mine, requests = Outcome.of(record), self.endpoint.requests
        found = [
            f"{name}: {getattr(mine, name)!r} is not {getattr(whole, name)!r}"
            for name in vars(whole)
            if getattr(mine, name) != getattr(whole, name)
        ]
        for who in (CODER, JUDGE):
            lost = sum(who in kill.lost for kill in self.kills)
            if not 1 <= requests[who] <= 1 + lost:
                found.append(f"{requests[who]} requests of the {who}, {lost} of them lost")
            found += [
                f"the {who}'s recorded reply was requested again"
                for kill in self.kills
                if who in kill.recorded and requests[who] != kill.seen[who]
            ]
        if self.folder is not None and (self.folder / "work").exists():
            found.append("trees are left behind")
        return found


def last_event(folder: Path) -> str:
    """The newest whole line of the events, in a few words."""
    path = folder / "events.jsonl"
    lines = path.read_text("utf-8").split("\n")[:-1] if path.is_file() else []
    if not lines:
        return "planned"
    event = json.loads(lines[-1])
    detail = event.get("name") or event.get("gate") or ""
    return f"{event['event']} {detail}".strip()


def _caller(key: str) -> str:
    return JUDGE if JUDGE in key else CODER


def _command(*arguments: str) -> list[str]:
    program = "import sys; from hotloop.cli.main import main; sys.exit(main())"
    return [sys.executable, "-c", program, *arguments]
