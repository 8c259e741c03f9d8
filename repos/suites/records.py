"""Read what a reporter wrote. It ran beside the code under test: nothing in it is trusted."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from hotloop.repos.suites.base import tail_of
from hotloop.repos.suites.report import TestOutcome, TestReport, gravest
from hotloop.sandboxes.base import Completed, Sandbox
from hotloop.sandboxes.errors import SandboxError

LARGEST = 64 << 20  # bytes
LONGEST_LINE = 64 << 10
LONGEST_MESSAGE = 2048  # characters


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Test(_Line):
    kind: Literal["test"]
    id: Annotated[str, Field(max_length=1000)]
    outcome: TestOutcome
    seconds: float
    message: str


class _End(_Line):
    kind: Literal["end"]
    exit: int
    tests: int


_LINE: TypeAdapter[_Test | _End] = TypeAdapter(Annotated[_Test | _End, Field(discriminator="kind")])


def read_report(sandbox: Sandbox, output: PurePosixPath, done: Completed) -> TestReport:
    """The report of a run whose reporter wrote to `output`.

    `complete` is False when the file is missing, malformed, too large, has no
    end or more after it, or when its end does not agree with the exit code.
    """
    lines = _read_lines(sandbox, output)
    tests = [line for line in lines if isinstance(line, _Test)]
    phases: dict[str, list[_Test]] = {}
    for test in tests:
        phases.setdefault(test.id, []).append(test)
    outcomes = {name: gravest(phase.outcome for phase in of) for name, of in phases.items()}
    return TestReport(
        outcomes=outcomes,
        failures={name: _message(phases[name]) for name, outcome in outcomes.items() if outcome.is_bad},
        seconds=done.seconds,
        exit_code=done.exit_code,
        timed_out=done.timed_out,
        complete=_is_complete(lines, len(outcomes), done.exit_code),
        tail=tail_of(done),
    )


def _message(phases: list[_Test]) -> str:
    message = next((phase.message for phase in phases if phase.outcome.is_bad and phase.message), "")
    return message[:LONGEST_MESSAGE] or "failed without a message"


def _is_complete(lines: list[_Test | _End | None], tests: int, exit_code: int) -> bool:
    ends = [line for line in lines if isinstance(line, _End)]
    if len(ends) != 1 or lines[-1] is not ends[0] or None in lines:
        return False
    return ends[0].exit == exit_code and ends[0].tests == tests


def _read_lines(sandbox: Sandbox, output: PurePosixPath) -> list[_Test | _End | None]:
    """None stands for a line that is not one of a reporter's."""
    try:
        content = sandbox.read(output, limit=LARGEST)
    except FileNotFoundError:
        return []
    except SandboxError:
        if sandbox_is_broken(sandbox):
            raise
        return [None]
    return [_parse(line) for line in content.split(b"\n") if line]


def sandbox_is_broken(sandbox: Sandbox) -> bool:
    """Whether it fails to do the simplest thing; else what failed was the file, which is the tests' doing."""
    return not sandbox.run([sandbox.environment.python, "-I", "-c", ""]).ok


def _parse(line: bytes) -> _Test | _End | None:
    if len(line) > LONGEST_LINE:
        return None
    try:
        return _LINE.validate_python(_printable(json.loads(line)))
    except (ValidationError, ValueError, RecursionError):
        return None


def _printable(record: object) -> object:
    """Lone surrogates, which a test's name may hold, could not be written as UTF-8 again."""
    if not isinstance(record, dict):
        return record
    return {
        key: value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
        for key, value in record.items()
    }
