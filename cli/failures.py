"""What went wrong, as one line and an exit code."""

from __future__ import annotations

from dataclasses import dataclass

import click

from hotloop.agent.report.escape import line
from hotloop.errors import HotloopError, UsageError, disk_is_full

FAILED, USAGE, INTERRUPTED, TERMINATED = 1, 2, 130, 143
_MOST = 1000


@dataclass(frozen=True)
class Failure:
    """message: one line, without escapes."""

    message: str
    code: int


def understood(error: BaseException) -> Failure | None:
    """None for what nobody foresaw: that deserves its traceback."""
    if disk_is_full(error):
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
