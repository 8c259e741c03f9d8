"""py-spy on a command: every Python process that it starts, from start to end."""

from __future__ import annotations

import time

from hotloop.profilers.capture import OUTPUT_LIMIT, SECONDS
from hotloop.profilers.command import CommandWorkload
from hotloop.profilers.errors import ProfilerError
from hotloop.profilers.profile import Profile, Stack
from hotloop.profilers.pyspy import RATE, parse_frames, refuse_forbidden
from hotloop.profilers.workload import WorkloadFailure
from hotloop.sandboxes.base import Limits, Sandbox

MOST_RUNS = 40
NO_PYTHON = "No python processes found"


def profile_command(
    sandbox: Sandbox, workload: CommandWorkload, seed: int, seconds: float = SECONDS
) -> Profile:
    """Stacks of whole runs, start-up and imports included: all of it is timed.

    A short command is run again and again, for about `seconds`. Without a stack when
    nothing of it is Python. Raises as `Profiler.profile`.
    """
    stacks: list[Stack] = []
    deadline = time.monotonic() + seconds
    for number in range(MOST_RUNS):
        if number and time.monotonic() > deadline:
            break
        stacks += _one_run(sandbox, workload, seed + number)
    return Profile(profiler="pyspy", unit="samples", stacks=tuple(stacks))


def _one_run(sandbox: Sandbox, workload: CommandWorkload, seed: int) -> list[Stack]:
    output = sandbox.scratch / f"pyspy-{seed}.raw"
    done = sandbox.run(
        [
            *(str(sandbox.tools / "bin" / "py-spy"), "record", "--subprocesses"),
            *("--format", "raw", "--full-filenames", "--rate", str(RATE), "--output", str(output)),
            *("--", "sh", "-c", workload.command),
        ],
        cwd=sandbox.tree / workload.cwd,
        env={"HOTLOOP_SEED": str(seed), "PYTHONHASHSEED": "1"},
        limits=Limits(seconds=2 * workload.call_timeout, memory_mb=workload.memory_mb),
    )
    refuse_forbidden(done)
    if done.timed_out:
        raise WorkloadFailure("profile", f"no end in {2 * workload.call_timeout:g} s")
    try:
        text = sandbox.read(output, OUTPUT_LIMIT).decode("utf-8", "replace")
    except FileNotFoundError as error:
        if NO_PYTHON in done.text():
            return []
        raise ProfilerError("py-spy wrote no output") from error
    return [
        Stack(frames=tuple(frames), weight=weight)
        for frames, weight in parse_frames(text, sandbox.tree)
        if frames
    ]
