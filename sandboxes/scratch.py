"""Scratch folders of limited size, where we may mount them: each a file system in memory."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

from hotloop.sandboxes import overlay
from hotloop.sandboxes.errors import SandboxError
from hotloop.sandboxes.trees import remove_tree

SCRATCH_FILES = 2
"""How many of the largest files that a process may write a scratch folder holds."""


def can_bound(folder: Path) -> bool:
    """Whether folders in this one, which is made, can be given a size. Tried, as root."""
    if os.geteuid() != 0:
        return False
    trial = folder / f"trial-{uuid.uuid4().hex[:12]}"
    trial.mkdir(parents=True)
    try:
        overlay.mount_scratch(trial, 1 << 20)
    except OSError:
        return False
    finally:
        remove_tree(trial)
    return True


def bound(folder: Path, size: int) -> None:
    """Let an empty folder hold `size` bytes and no more. `remove_tree` unmounts it. Raises SandboxError."""
    try:
        overlay.mount_scratch(folder, size)
    except OSError as error:
        raise SandboxError(f"cannot make a scratch folder of limited size: {error}") from error
