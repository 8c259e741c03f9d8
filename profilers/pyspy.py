"""py-spy: samples from outside, a few per cent of overhead, real lines."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hotloop.errors import UsageError
from hotloop.profilers.capture import SECONDS, below_marker, frame, read_output, run_watched
from hotloop.profilers.errors import ProfilerError
from hotloop.profilers.profile import Frame, Profile, Stack
from hotloop.profilers.workload import Workload
from hotloop.sandboxes.base import Completed, Sandbox

RATE = 250
"""Samples a second: py-spy's own advice is not to pass a few hundred."""

_NATIVE = re.compile(r"^(?!0x)(?P<function>\S+) \((?P<file>/[^():]+)\)$")
"""A C function of an object without line numbers; one without a name is left out."""
_FRAME = re.compile(r"^(?P<function>.*?) \((?P<file>.*):(?P<line>\d+)\)$")


def executable() -> Path:
    """The py-spy binary that was installed with Hotloop. It is static: it runs in any Linux container.

    Raises ProfilerError when it is missing.
    """
    beside = Path(sys.executable).parent / "py-spy"
    found = str(beside) if beside.is_file() else shutil.which("py-spy")
    if found is None:
        raise ProfilerError("py-spy is not installed beside Hotloop")
    return Path(found)


@dataclass(frozen=True)
class PySpy:
    """Starts the program itself, so that it needs no capability even in a container.

    native: also sample C functions, which shows what a library call spends its time in.
    Unwinding stops the program for longer: it ran some 25 % slower at RATE.
    """

    native: bool = False
    name: str = "pyspy"

    def profile(self, sandbox: Sandbox, workload: Workload, seed: int, seconds: float = SECONDS) -> Profile:
        output = sandbox.scratch / "pyspy.raw"
        record = [
            str(sandbox.tools / "bin" / "py-spy"), "record", "--format", "raw", "--full-filenames",
            "--rate", str(RATE), "--output", str(output), *(["--native"] if self.native else []), "--",
        ]  # fmt: skip
        done = run_watched(
            sandbox, workload, prefix=record, mode="plain", seed=seed, seconds=seconds, output=output
        )
        refuse_forbidden(done)
        stacks = parse_raw(read_output(sandbox, output, done).decode("utf-8", "replace"), sandbox.tree)
        if not stacks:
            raise ProfilerError("py-spy took no sample inside the workload; is a call very short?")
        return Profile(profiler=self.name, unit="samples", stacks=tuple(stacks))


def refuse_forbidden(done: Completed) -> None:
    """Raise UsageError, with the remedy, where py-spy was not let near the process."""
    if not done.ok and re.search(r"(?i)permission denied|operation not permitted", done.text()):
        raise UsageError(
            "py-spy may not trace processes here (ptrace is not permitted)",
            "Use `--profiler cprofile`, or allow ptrace (sysctl kernel.yama.ptrace_scope=1).",
        )


def parse_raw(text: str, tree: PurePosixPath) -> list[Stack]:
    """Stacks below the timed call, from lines of `frame;frame;… count`."""
    below = ((below_marker(frames), weight) for frames, weight in parse_frames(text, tree))
    return [Stack(frames=tuple(frames), weight=weight) for frames, weight in below if frames]


def parse_frames(text: str, tree: PurePosixPath) -> Iterator[tuple[list[Frame], float]]:
    """Each line's frames, outermost first, and its count; what is no frame is left out."""
    for row in text.splitlines():
        folded, _, count = row.rpartition(" ")
        if count.isdecimal():
            parts = (_parse_frame(part, tree) for part in folded.split(";"))
            yield [part for part in parts if part], float(count)


def _parse_frame(text: str, tree: PurePosixPath) -> Frame | None:
    match = _FRAME.match(text)
    if match:
        return frame(match["function"], match["file"], int(match["line"]), tree)
    match = _NATIVE.match(text)
    return match and frame(match["function"], match["file"], 0, tree)
