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
