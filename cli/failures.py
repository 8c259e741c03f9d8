"""What went wrong, as one line and an exit code."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

import click

from hotloop.agent.report.escape import line
from hotloop.errors import HotloopError, UsageError

FAILED, USAGE, INTERRUPTED, TERMINATED = 1, 2, 130, 143
_FULL = {errno.ENOSPC, errno.EDQUOT}
_MOST = 1000


@dataclass(frozen=True)
class Failure:
    """message: one line, without escapes."""

    message: str
    code: int


def understood(error: BaseException) -> Failure | None:
    """None for what nobody foresaw: that deserves its traceback."""
    if any(_disk_is_full(one) for one in _chain(error)):
        return Failure("error: The disk is full. Free some space, or put the run elsewhere with --out", USAGE)
    if isinstance(error, click.ClickException):
        return Failure(_one_line(f"{_ended(error.format_message())} {_hint(error)}"), USAGE)
    if isinstance(error, UsageError):
        return Failure(_one_line(str(error)), USAGE)
    if isinstance(error, HotloopError):
        return Failure(_one_line(str(error) or type(error).__name__), FAILED)
    return None


def _one_line(text: str) -> str:
    return f"error: {line(text, _MOST)}"


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "?", "!")) else sentence + "."


def _hint(error: click.ClickException) -> str:
    context = error.ctx if isinstance(error, click.UsageError) else None
    return f"See {context.command_path if context else 'hotloop'} --help"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what it was raised from."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _disk_is_full(error: BaseException) -> bool:
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return isinstance(error, OSError) and error.errno in _FULL
