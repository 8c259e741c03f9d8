"""Root error of `hotloop.sandboxes`."""

from __future__ import annotations

from hotloop.errors import InfrastructureError


class SandboxError(InfrastructureError):
    """A sandbox broke: its engine, its limits or its pipes, not the code inside it."""
