"""memray: which lines held memory when one call of the workload held most. Unit: bytes."""

from __future__ import annotations

import json
import shutil
import sys
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ConfigDict, ValidationError

from hotloop.errors import UsageError
from hotloop.profilers.capture import SECONDS, below_marker, frame, read_output, run_runner
from hotloop.profilers.errors import ProfilerError
from hotloop.profilers.profile import Profile, Stack
from hotloop.profilers.workload import Workload
from hotloop.sandboxes.base import Sandbox

OFFERED = "memray"
"""The folder of the tools that holds our memray, for targets without their own."""

NO_MEMRAY = b"hotloop: no memray"
"""What the runner ends with."""

SLOWDOWN = 20.0
_LEFT_OUT = ("templates", "commands", "__pycache__")
_NEEDED = ("memray", "rich", "typing_extensions")


class _Allocations(BaseModel):
    model_config = ConfigDict(frozen=True)

    stacks: tuple[tuple[int, int, tuple[tuple[str, str, int], ...]], ...]


class Memray:
    """See `hotloop.profilers.capture.Profiler`. `seconds` does not apply: one call is followed."""

    name = "memray"

    def profile(self, sandbox: Sandbox, workload: Workload, seed: int, seconds: float = SECONDS) -> Profile:
        capture, output = sandbox.scratch / "memray.bin", sandbox.scratch / "memray.json"
        offered = str(sandbox.tools / OFFERED)
        done = run_runner(
            sandbox,
            workload,
            "hotloop_memory.py",
            [offered, str(capture), str(output)],
            seed=seed,
            seconds=workload.call_timeout,
            slowdown=SLOWDOWN,
        )
        if not done.ok and NO_MEMRAY in done.stderr:
            version = "{}.{}".format(*sandbox.environment.version)
            raise UsageError(
                f"The target's Python {version} has no memray, and Hotloop's does not load in it",
                "Add --env 'pip install memray'",
            )
        return to_profile(read_output(sandbox, output, done), sandbox.tree)


def to_profile(data: bytes, tree: PurePosixPath) -> Profile:
    """Stacks below the timed call from the runner's JSON. Raises ProfilerError."""
    try:
        found = _Allocations.model_validate(json.loads(data))
    except (ValueError, RecursionError, ValidationError) as error:
        raise ProfilerError("memray's output could not be read") from error
    stacks = []
    for size, _blocks, trace in found.stacks:
        frames = below_marker([frame(name, file, line, tree) for name, file, line in reversed(trace)])
        if frames:
            stacks.append(Stack(frames=tuple(frames), weight=float(size)))
    if not stacks:
        raise ProfilerError("memray saw no memory held by the workload's own call")
    return Profile(profiler=Memray.name, unit="bytes", stacks=tuple(stacks))


def offer(folder: Path) -> None:
    """Copy our memray, and what importing it needs, into `folder`.

    It loads in a Python of the same version only; elsewhere the target needs its own.
    Raises UsageError when Hotloop was installed without it.
    """
    if find_spec("memray") is None:
        raise UsageError("memray is not installed beside Hotloop", "pip install 'hotloop[memray]'")
    for name in _NEEDED:
        for file in metadata.distribution(name).files or ():
            if ".." not in file.parts and not set(_LEFT_OUT) & set(file.parts):
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(Path(str(file.locate())), folder / file)
    (folder / "PYTHON").write_text("{}.{}".format(*sys.version_info[:2]))
