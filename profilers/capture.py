"""Profilers by name, and what each promises."""

from __future__ import annotations

import importlib
import json
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Protocol

from hotloop.profilers.errors import ProfilerError
from hotloop.profilers.profile import Frame, Profile
from hotloop.profilers.workload import Workload, WorkloadFailure
from hotloop.sandboxes.base import Completed, Limits, Sandbox

PROFILERS = {
    "pyspy": "hotloop.profilers.pyspy:PySpy",
    "cprofile": "hotloop.profilers.cprofile:CProfile",
    "callgrind": "hotloop.profilers.callgrind:Callgrind",
    "memray": "hotloop.profilers.memray:Memray",
}

SECONDS = 4.0
OUTPUT_LIMIT = 64 << 20
MARKER = "timed_call"


class Profiler(Protocol):
    """Runs the workload for some seconds and says where its time went."""

    name: str

    def profile(self, sandbox: Sandbox, workload: Workload, seed: int, seconds: float = SECONDS) -> Profile:
        """Raises WorkloadFailure when the workload breaks, UsageError with the remedy when
        profiling is not permitted here, ProfilerError when there is nothing to read."""


def make_profiler(name: str) -> Profiler:
    """The profiler called `name`; KeyError for another word."""
    module, _, kind = PROFILERS[name].partition(":")
    profiler: Profiler = getattr(importlib.import_module(module), kind)()
    return profiler


def run_watched(
    sandbox: Sandbox,
    workload: Workload,
    *,
    prefix: list[str],
    mode: str,
    seed: int,
    seconds: float,
    output: PurePosixPath,
) -> Completed:
    """Run the workload in a loop, `prefix` being what watches it."""
    arguments = [mode, str(seconds), str(output)]
    return run_runner(
        sandbox, workload, "hotloop_profile.py", arguments, seed=seed, seconds=seconds, prefix=prefix
    )


def run_runner(
    sandbox: Sandbox,
    workload: Workload,
    runner: str,
    arguments: list[str],
    *,
    seed: int,
    seconds: float,
    prefix: Sequence[str] = (),
    slowdown: float = 4.0,
) -> Completed:
    """Run one of our runners, which is to take about `seconds`, in the target's interpreter.

    slowdown: how many times longer than that a run may take beside its two slowest calls.
    """
    script = str(sandbox.tools / "runner" / runner)
    request = {**workload.request(sandbox), "seed": seed}
    return sandbox.run(
        [*prefix, sandbox.environment.python, script, *arguments],
        env={"PYTHONHASHSEED": "1"},
        limits=Limits(seconds=slowdown * (seconds + workload.call_timeout), memory_mb=workload.memory_mb),
        stdin=json.dumps(request).encode(),
    )


def read_output(sandbox: Sandbox, path: PurePosixPath, done: Completed) -> bytes:
    """What the profiler wrote, or why it did not."""
    if not done.ok:
        lines = done.text().strip().splitlines()
        raise WorkloadFailure("profile", lines[-1][:500] if lines else f"exit code {done.exit_code}")
    try:
        return sandbox.read(path, OUTPUT_LIMIT)
    except FileNotFoundError as error:
        raise ProfilerError("the profiler wrote no output") from error


def frame(function: str, file: str, line: int, tree: PurePosixPath) -> Frame:
    """A frame, its file relative to the tree when inside it."""
    path = PurePosixPath(file)
    if path.is_relative_to(tree):
        return Frame(function=function, file=str(path.relative_to(tree)), line=line, in_tree=True)
    return Frame(function=function, file=file, line=line, in_tree=False)


def below_marker(frames: list[Frame]) -> list[Frame]:
    """Frames inside the runner's timed call; none when it is not on the stack."""
    for position, entry in enumerate(frames):
        if entry.function.endswith(MARKER) and entry.file.endswith("hotloop_target.py"):
            return frames[position + 1 :]
    return []
