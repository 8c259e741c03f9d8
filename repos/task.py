"""The task: what is to become faster, as the user wrote it down."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class TaskOptions(BaseModel):
    """Everything about the repository that a task file, `hotloop.toml` or a flag may say.

    Unknown keys are refused. Paths are relative to the repository's root.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    workload: Path | None = None
    """The Python file that is timed."""
    command: str | None = None
    """The shell command that is timed, in place of a workload file."""
    engine: Literal["auto", "ping-pong", "co-scheduled", "abba"] = "auto"
    """How base and candidate are paired in time; "auto" follows from what both are seen to do."""
    tests: str | None = None
    """The test command; found from the repository's files when unset."""
    env: tuple[str, ...] = ()
    """Commands that install what the target needs."""
    env_files: tuple[Path, ...] = ()
    """Files and folders, below `subdir`, that these commands and the Dockerfile can read; all when empty."""
    python: str | None = None
    """The target's interpreter: a path, or a version such as "3.10"."""
    image: str | None = None
    """Docker image to start from."""
    dockerfile: Path | None = None
    """Dockerfile to build the image from."""
    rebuild: str | None = None
    """Command that rebuilds compiled parts in each tree."""
    subdir: Path | None = None
    """The project's folder inside the repository."""
    import_roots: tuple[Path, ...] | None = None
    """Folders, below `subdir`, that go on the import path; found when unset."""
    allow: tuple[str, ...] = ()
    """Glob patterns a patch may touch; all Python sources outside tests when empty."""
    protect: tuple[str, ...] = ()
    """Glob patterns a patch may never touch, besides the built-in ones."""
    tolerance: float = Field(default=0.0, ge=0.0)
    """Relative tolerance for floats in the workload's output; 0 compares bits."""
    test_timeout: float = Field(default=1200.0, gt=0)
    """Seconds for one run of the tests."""
    call_timeout: float = Field(default=60.0, gt=0)
    """Seconds for one call of the workload."""
    min_speedup: float = Field(default=1.02, ge=1.0)
    """The ratio that the interval must exceed."""
    max_regression: float = Field(default=1.10, ge=1.0)
    """How much worse wall time or peak memory may become."""
    max_cpu_regression: float | None = Field(default=None, ge=1.0)
    """How much worse CPU time may become; as `max_regression` when unset."""
