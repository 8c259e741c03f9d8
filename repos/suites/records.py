"""Read what a reporter said. It ran beside the code under test: nothing in it is trusted."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from hotloop.repos.suites.anomalies import anomalies
from hotloop.repos.suites.base import tail_of
from hotloop.repos.suites.challenge import Challenge, Sentinel, Signature
from hotloop.repos.suites.report import TestOutcome, TestReport, Traced, gravest
from hotloop.sandboxes.base import Completed

LARGEST = 64 << 20  # bytes
LONGEST_LINE = 64 << 10
LONGEST_MESSAGE = 2048  # characters

_Id = Annotated[str, Field(max_length=1000)]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Planned(_Record):
    kind: Literal["planned"]
    ids: list[_Id]


class _Test(_Record):
    kind: Literal["test"]
    id: _Id
    outcome: TestOutcome
    seconds: float
    message: str


class _Place(_Record):
    kind: Literal["place"]
    path: str
    line: int


class _Executable(_Record):
    kind: Literal["executable"]
    path: str
    lines: list[int]


class _Ran(_Record):
    kind: Literal["ran"]
    id: _Id
    places: list[int]
    whole: bool


class _Watched(_Record):
    kind: Literal["watched"]
    changed: list[Annotated[str, Field(max_length=300)]]


class _End(_Record):
    kind: Literal["end"]
    exit: int
    tests: int
    counts: dict[TestOutcome, int]


_AnyRecord = _Planned | _Test | _Place | _Executable | _Ran | _Watched | _End
_RECORD: TypeAdapter[_AnyRecord] = TypeAdapter(Annotated[_AnyRecord, Field(discriminator="kind")])


def read_report(done: Completed, challenge: Challenge) -> TestReport:
    """The report of a run whose reporter wrote its records to stdout.

    `complete` is False when a line is missing, not signed or not understood, or when the
    end is missing, not the last or at odds with the records or the exit code.
    """
    records = _read(done.stdout, challenge.key)
    sentinels = {sentinel.name: sentinel for sentinel in challenge.sentinels}
    tests = [record for record in records if isinstance(record, _Test)]
    phases: dict[str, list[_Test]] = {}
    for test in tests:
        phases.setdefault(test.id, []).append(test)
    outcomes = {name: gravest(phase.outcome for phase in of) for name, of in phases.items()}
    messages = {name: _message(phases[name]) for name, outcome in outcomes.items() if outcome.is_bad}
    ours = {name for name in outcomes if last_part(name) in sentinels}
    return TestReport(
        outcomes={name: outcome for name, outcome in outcomes.items() if name not in ours},
        failures={name: message for name, message in messages.items() if name not in ours},
        seconds=done.seconds,
        exit_code=done.exit_code,
        timed_out=done.timed_out,
        complete=_is_complete(records, phases, done.exit_code),
        anomalies=anomalies(
            planned=[name for record in records if isinstance(record, _Planned) for name in record.ids],
            reported=[test.id for test in tests],
            sentinels={name: _answer(sentinels[last_part(name)], phases[name]) for name in ours},
            drawn=len(sentinels),
            changed=[name for record in records if isinstance(record, _Watched) for name in record.changed],
        ),
        traced=_traced(records, tests, ours),
        tail=tail_of(done.stderr),
    )


def last_part(name: str) -> str:
    """Of a test's id, by pytest or unittest, the test's own name."""
    return name.rpartition("::")[2].rpartition(".")[2]


def _answer(sentinel: Sentinel, phases: list[_Test]) -> str | None:
    """What a test of ours did that it must not; None when it did as it must."""
    if len(phases) != 1:
        return "a test was reported twice"
    phase = phases[0]
    if not sentinel.fails:
        return None if phase.outcome is TestOutcome.PASSED else "a test that must pass did not"
    fails = phase.outcome.is_bad and sentinel.word in phase.message
    return None if fails else "a test that must fail did not"


def _message(phases: list[_Test]) -> str:
    message = next((phase.message for phase in phases if phase.outcome.is_bad and phase.message), "")
    return message[:LONGEST_MESSAGE] or "failed without a message"


def _is_complete(records: list[_AnyRecord | None], phases: dict[str, list[_Test]], exit_code: int) -> bool:
    ends = [record for record in records if isinstance(record, _End)]
    if len(ends) != 1 or records[-1] is not ends[0] or None in records:
        return False
    counts: dict[TestOutcome, int] = {}
    for phase in (phase for of in phases.values() for phase in of):
        counts[phase.outcome] = counts.get(phase.outcome, 0) + 1
    end = ends[0]
    return end.exit == exit_code and end.tests == len(phases) and end.counts == counts


def _traced(records: list[_AnyRecord | None], tests: list[_Test], ours: set[str]) -> Traced | None:
    found = [record for record in records if isinstance(record, _Ran) and record.id not in ours]
    if not found:
        return None
    places = tuple((record.path, record.line) for record in records if isinstance(record, _Place))
    ran: dict[str, list[int]] = {}
    for record in found:
        ran.setdefault(record.id, []).extend(n for n in record.places if 0 <= n < len(places))
    seconds: dict[str, float] = {}
    for test in tests:
        seconds[test.id] = seconds.get(test.id, 0.0) + test.seconds
    executable: dict[str, list[int]] = {}
    for lines in (record for record in records if isinstance(record, _Executable)):
        executable.setdefault(lines.path, []).extend(lines.lines)
    return Traced(
        places=places,
        ran={name: tuple(numbers) for name, numbers in ran.items()},
        seconds={name: seconds.get(name, 0.0) for name in ran},
        executable={path: tuple(lines) for path, lines in executable.items()},
        whole=all(record.whole for record in found),
    )


def read_traced(done: Completed, challenge: Challenge) -> Traced | None:
    """What ran in a process that is no test; None when it did not come to its end."""
    records = _read(done.stdout, challenge.key)
    ended = bool(records) and isinstance(records[-1], _Ran)
    return _traced(records, [], set()) if ended and done.ok and None not in records else None


def _read(content: bytes, key: str) -> list[_AnyRecord | None]:
    """None stands for a line that is not one of the reporter's."""
    signature = Signature(key)
    return [_parse(line, signature) for line in content.split(b"\n") if line]


def _parse(line: bytes, signature: Signature) -> _AnyRecord | None:
    if len(line) > LONGEST_LINE:
        return None
    body = signature.body(line)
    if body is None:
        return None
    try:
        return _RECORD.validate_python(_printable(json.loads(body)))
    except (ValidationError, ValueError, RecursionError):
        return None


def _printable(value: object) -> object:
    """Lone surrogates, which a test's name may hold, could not be written as UTF-8 again."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, list):
        return [_printable(item) for item in value]
    return {key: _printable(item) for key, item in value.items()} if isinstance(value, dict) else value
