"""Who commands run as inside a sandbox that isolates files."""

from __future__ import annotations

import os

SANDBOX_UID = 10001
"""Nobody on most machines. Shown to commands as their own number too."""


def sandbox_user() -> tuple[int, int]:
    """uid and gid: never root; ourselves when we are not root, so that files stay ours."""
    return (os.getuid(), os.getgid()) if os.getuid() else (SANDBOX_UID, SANDBOX_UID)
