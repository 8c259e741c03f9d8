"""What can go wrong, and whose fault it is.

    HotloopError
    ├── UsageError              the user's mistake: one line, the fix, exit 2
    └── InfrastructureError     the machine's or a service's failure: exit 1
        ├── SandboxError        hotloop.sandboxes
        ├── ProfilerError       hotloop.profilers
        ├── RepoError           hotloop.repos
        └── AgentError          hotloop.agent

A candidate's failure is neither: it is a result, and never raised across
rooms. Only `hotloop.cli` turns errors into exit codes.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator

_FULL = {errno.ENOSPC, errno.EDQUOT}


class HotloopError(Exception):
    """Root of everything Hotloop raises on purpose."""


class UsageError(HotloopError):
    """The user asked for something that cannot be done as asked.

    `cause` says what is wrong and `fix` what to do about it; each is one line.
    """

    def __init__(self, cause: str, fix: str) -> None:
        super().__init__(f"{cause}. {fix}")
        self.cause = cause
        self.fix = fix


class InfrastructureError(HotloopError):
    """Something Hotloop depends on failed; never counted against a candidate."""


def disk_is_full(error: BaseException) -> bool:
    """Whether a full disk or quota is what `error` was, or was raised from."""
    return any(_is_full(one) for one in _chain(error))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what it was raised from."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _is_full(error: BaseException) -> bool:
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return isinstance(error, OSError) and error.errno in _FULL
