"""What the verdict benchmark measures: trees with a knob, and where they run.

A tree's package does `UNITS` units of work and returns the same whatever `UNITS` is. The
candidate does 200, the base 200 times the injected ratio.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path, PurePosixPath

from hotloop.agent.workshop import RUNNER
from hotloop.profilers.command import CommandWorkload
from hotloop.profilers.workload import Workload
from hotloop.sandboxes.base import Backend, Environment, EnvironmentSpec
from hotloop.sandboxes.registry import make

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "verdict_workloads"
KINDS = ("interpreter", "allocation", "numeric", "command")
RATIOS = (0.95, 1.00, 1.02, 1.05, 1.20)
NUMPY = "numpy==2.2.6"
FULL, UNITS = 100, 200
COMMAND = ("-m", "work")


@dataclass(frozen=True, order=True)
class Cell:
    """One row of the table: `method` on `kind` with a true ratio of about `ratio`."""

    method: str
    kind: str
    ratio: float
    neighbour: bool
    sandbox: str = "local"

    def __str__(self) -> str:
        noise = "beside neighbours" if self.neighbour else "quiet"
        return f"{self.method} {self.kind} {self.ratio:.2f} {noise} ({self.sandbox})"


class Bench:
    """A folder with all that is made once: trees, a virtual environment, Hotloop's tools."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def tree(self, kind: str, ratio: float) -> Path:
        """A copy of the kind's sources with the knob set for base; for the candidate at ratio 1."""
        units = round(UNITS * ratio)
        place = self.folder / "trees" / f"{kind}-{units}"
        knob = place / "work" / "knob.py"
        if not knob.is_file():
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(SOURCES / kind, place, ignore=shutil.ignore_patterns("__pycache__"))
            knob.write_text(f"FULL = {FULL}\nUNITS = {units}\n")
        return place

    def twin(self, tree: Path) -> Path:
        """Another folder with the same files: at a true ratio of one, base is no other folder's view."""
        place = tree.with_name(f"{tree.name}-twin")
        if not place.is_dir():
            shutil.copytree(tree, place, ignore=shutil.ignore_patterns("__pycache__"))
        return place

    def workload(self, kind: str) -> Workload | CommandWorkload:
        if kind == "command":
            return CommandWorkload(" ".join(("python", *COMMAND)), PurePosixPath())
        text = (SOURCES / kind / "bench.py").read_text("utf-8")
        return Workload(text, PurePosixPath("bench.py"), (PurePosixPath(),), ("work",))

    @cached_property
    def python(self) -> Path:
        """The interpreter of a virtual environment with numpy and pyperf, for every method alike."""
        place = self.folder / "venv"
        complete = place / "complete"
        if not complete.is_file():
            shutil.rmtree(place, ignore_errors=True)
            interpreter = getattr(sys, "_base_executable", sys.executable)
            subprocess.run([interpreter, "-m", "venv", str(place)], check=True)
            wanted = [NUMPY, f"pyperf=={version('pyperf')}"]
            subprocess.run([str(place / "bin" / "pip"), "install", "--quiet", *wanted], check=True)
            complete.write_text("")
        return place / "bin" / "python"

    @cache  # noqa: B019  (one bench a process, kept to its end)
    def backend(self, name: str) -> Backend:
        tools = self.folder / "tools"
        shutil.rmtree(tools, ignore_errors=True)
        shutil.copytree(RUNNER, tools / "runner", ignore=shutil.ignore_patterns("__pycache__"))
        made = make(name, tools, self.folder / "state")
        made.check()
        return made

    @cache  # noqa: B019  (see above)
    def environment(self, sandbox: str, numeric: bool) -> Environment:
        if sandbox == "local":
            spec = EnvironmentSpec(python=str(self.python))
        else:
            spec = EnvironmentSpec(commands=(f"python -m pip install {NUMPY}",) if numeric else ())
        return self.backend(sandbox).prepare(spec, self.tree("interpreter", 1.0), print_line)


def print_line(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201  (progress of a command)


def machine() -> dict[str, str]:
    """What the figures belong to."""
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=HERE, capture_output=True, text=True, check=False
    )
    return {
        "commit": done.stdout.strip(),
        "machine": platform.platform(),
        "python": platform.python_version(),
    }
