"""Root error of `hotloop.repos`."""

from __future__ import annotations

from hotloop.errors import InfrastructureError


class RepoError(InfrastructureError):
    """Git, a tree or a test runner of ours failed."""
