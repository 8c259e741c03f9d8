"""Root error of `hotloop.profilers`."""

from __future__ import annotations

from hotloop.errors import InfrastructureError


class ProfilerError(InfrastructureError):
    """A profiler or the clock failed; no verdict follows from it."""
