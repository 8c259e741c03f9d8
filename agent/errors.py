"""Root error of `hotloop.agent`."""

from __future__ import annotations

from hotloop.errors import InfrastructureError


class AgentError(InfrastructureError):
    """The loop, its journal or a model endpoint failed."""
