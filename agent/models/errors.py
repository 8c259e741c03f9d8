"""How a request to a model can fail.

    HotloopError
    ├── BudgetSpent        not sent: the budget cannot hold it
    ├── UsageError
    │   └── CallRefused    the user must mend it: key, quota, model name, endpoint
    └── AgentError
        ├── CallFailed     one request brought no reply; says whether another may
        └── CallLost       twice sent, never answered: not sent a third time

Only `JournaledModel` sees CallFailed that may be retried; its users do not.
"""

from __future__ import annotations

from typing import Literal

from hotloop.agent.errors import AgentError
from hotloop.errors import HotloopError, UsageError

Fate = Literal["refused", "lost", "unsent"]
"""What became of a request without a reply.

refused: the service answered with an error, which costs nothing. lost: it may
have been worked on and paid for. unsent: it never reached the service.
"""


class BudgetSpent(HotloopError):
    """The budget cannot hold another request. The text is the reason, one line."""


class CallRefused(UsageError):
    """The service will refuse every such request until the user mends something."""

    def __init__(self, cause: str, fix: str, fate: Fate = "refused") -> None:
        super().__init__(cause, fix)
        self.fate: Fate = fate


class CallFailed(AgentError):
    """One request brought no reply. `wait`: seconds that the service asks for."""

    def __init__(self, message: str, *, fate: Fate, retry: bool, wait: float | None = None) -> None:
        super().__init__(message)
        self.fate: Fate = fate
        self.retry = retry
        self.wait = wait


class CallLost(AgentError):
    """Both requests that one call may cost went unanswered; each counts at its worst price."""
