"""What a run works with: sandbox, environment, trees, workload, tests, journal, people.

None of it is in the graph's state. All of it is made when first asked for, from
the plan alone, so that a resumed run has the same workshop as the first.
"""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from hotloop.agent.bench import Bench
from hotloop.agent.folder import RunFolder
from hotloop.agent.settings import Settings
from hotloop.agent.testing import run_in_copy
from hotloop.errors import UsageError
from hotloop.profilers.command import AnyWorkload
from hotloop.profilers.pyspy import executable as pyspy_executable
from hotloop.profilers.workload import RUNNER
from hotloop.repos.errors import RepoError
from hotloop.repos.source import Source
from hotloop.repos.suites import REPORTERS, Suite, Traced, discover_tests, suite_for
from hotloop.repos.tree import export
from hotloop.repos.trees import Trees
from hotloop.repos.workload_file import check_workload

if TYPE_CHECKING:
    from hotloop.agent.budget import Budget
    from hotloop.agent.coder.base import Coder
    from hotloop.agent.judge.base import Judge
    from hotloop.agent.state import Candidate, RunState


@dataclass
class Used:
    """Seconds used by one step."""

    wall: float = 0.0
    sandbox: float = 0.0

    def added_to(self, state: RunState) -> dict[str, float]:
        return {
            "wall_seconds": state.get("wall_seconds", 0.0) + self.wall,
            "sandbox_seconds": state.get("sandbox_seconds", 0.0) + self.sandbox,
        }


@dataclass
class Workshop(Bench):
    """One run's tools. Not thread-safe while being made; safe after `prepare`."""

    source: Source
    coder: Coder
    judge: Judge
    budget: Budget
    _covering: threading.Lock = field(default_factory=threading.Lock, kw_only=True)

    def prepare(self) -> None:
        """Make everything that later steps share, in the order in which it can fail."""
        _ = self.base_tree, self.workload, self.suite, self.trees

    @cached_property
    def project(self) -> PurePosixPath:
        """The project's folder, relative to a tree."""
        return project_of(self.source, self.settings)

    @cached_property
    def trees(self) -> Trees:
        """Where the trees of candidates, and copies to work in, come from."""
        made = Trees(self.folder.work / "layers")
        if made.why_copied is not None:
            self.events.log(f"trees are copied: {made.why_copied}")
        return made

    @cached_property
    def source_tree(self) -> Path:
        """The base's files as committed, without anything built."""
        tree = self.folder.work / "source"
        shutil.rmtree(tree, ignore_errors=True)
        for path, reason in export(self.source, tree).omitted.items():
            self.events.log(f"left out of the base: {path} ({reason})")
        if not (tree / self.project).is_dir():
            raise UsageError(f"There is no folder {self.project} in {self.source.name}", "Check --subdir")
        return tree

    @cached_property
    def workload(self) -> AnyWorkload:
        """As it was when the run began: a file outside the commit may change later."""
        kept = self.folder.path / "workload.json"
        if not kept.is_file():
            self.folder.write_json(kept, self._workload_named())
        stored = json.loads(kept.read_text("utf-8"))
        if "command" in stored:
            return self.timed_command(stored["command"])
        return self.timed_file(stored["text"], PurePosixPath(stored["path"]), self.source_tree)

    def _workload_named(self) -> dict[str, str]:
        if self.settings.command is not None:
            return {"command": check_command(self.settings)}
        text, path = read_workload(self.settings, self.source, self.source_tree, self.project)
        return {"path": str(path), "text": text}

    @cached_property
    def suite(self) -> Suite:
        command = self.settings.tests or discover_tests(self.source_tree / self.project)
        if command is None:
            raise UsageError(
                f"No tests were found in {self.source.name}", "Name the test command with --tests"
            )
        return suite_for(command)

    @property
    def coverage(self) -> Traced | None:
        """Which functions each test enters at base; None where that cannot be seen.

        Several candidates may ask at one time: one of them looks, the others wait.
        """
        with self._covering:
            return self._coverage

    @cached_property
    def _coverage(self) -> Traced | None:
        if not self.suite.knows_tests:
            return None
        report = run_in_copy(self, self.base_tree, "tests-traced", trace="functions")
        return report.traced if report.complete else None

    def candidate_tree(self, patch: str, place: Path) -> Path:
        """A fresh tree with `patch` applied and nothing built. Raises PatchError."""
        return self.trees.patched(self.source_tree, patch, place)

    def built_tree(self, candidate: Candidate) -> Path:
        """The tree of a candidate that has passed the build gate; made again after a resume.

        A folder of the same kind as base's, for it may be measured and profiled.
        """
        place = self.tree_place(candidate.id)
        with self._lock:
            if not self.trees.holds(place):
                failure = self.rebuild(self.candidate_tree(candidate.patch, place))
                if failure is not None:
                    raise RepoError(f"candidate {candidate.id} was built before and fails now: {failure}")
            self.trees.settle(place)
        return place

    def keep_trees(self, numbers: set[int]) -> None:
        """Remove the trees of all other candidates."""
        trees = self.folder.work / "trees"
        for place in trees.iterdir() if trees.is_dir() else ():
            if place.name not in {str(number) for number in numbers}:
                self.trees.remove(place)

    def tree_place(self, number: int) -> Path:
        return self.folder.work / "trees" / str(number)

    @contextmanager
    def account(self) -> Iterator[Used]:
        """Seconds from here to the end of the block, filled in there."""
        used, begun, before = Used(), time.monotonic(), self.sandbox_seconds
        yield used
        used.wall = time.monotonic() - begun
        used.sandbox = self.sandbox_seconds - before

    @contextmanager
    def scratch_copy(self, tree: Path, name: str) -> Iterator[Path]:
        """A copy that may be written to, gone afterwards: tests leave things behind."""
        place = self.folder.work / "copies" / name
        try:
            yield self.trees.copy(tree, place)
        finally:
            self.trees.remove(place)


def project_of(source: Source, settings: Settings) -> PurePosixPath:
    """The project's folder, relative to a tree."""
    return source.subdir / (settings.subdir or "")


def lay_out_tools(folder: RunFolder) -> Path:
    """What Hotloop brings into every sandbox, copied so that nothing else of it is there."""
    shutil.rmtree(folder.tools, ignore_errors=True)
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(RUNNER, folder.tools / "runner", ignore=ignore)
    shutil.copytree(REPORTERS, folder.tools / "reporters", ignore=ignore)
    (folder.tools / "bin").mkdir()
    shutil.copy2(pyspy_executable(), folder.tools / "bin" / "py-spy")
    return folder.tools


def check_command(settings: Settings) -> str:
    """The command to time. Raises UsageError when it is empty, or a file is named beside it."""
    command = settings.command or ""
    if not command.strip():
        raise UsageError("The command to time is empty", "Name one with --command")
    if settings.workload is not None:
        raise UsageError("Both a workload file and a command are named", "Give --workload or --command")
    return command


def read_workload(
    settings: Settings, source: Source, tree: Path, project: PurePosixPath
) -> tuple[str, PurePosixPath]:
    """The workload's text and its path relative to the tree.

    A file of the repository is taken as committed. One from elsewhere runs as if
    it lay in the project's folder. Raises UsageError for a missing or empty file.
    """
    if settings.workload is None:
        raise UsageError("No workload was named", "Name a Python file with --workload, or --command")
    for path, place in _places(settings.workload, source, tree, project):
        if path.is_file():
            return check_workload(path), place
    raise UsageError(f"No such workload: {settings.workload}", "Check --workload")


def _places(
    named: Path, source: Source, tree: Path, project: PurePosixPath
) -> Iterator[tuple[Path, PurePosixPath]]:
    absolute = Path.cwd() / named
    if absolute.resolve().is_relative_to(source.root):
        inside = PurePosixPath(absolute.resolve().relative_to(source.root))
        yield tree / inside, inside
        yield absolute, inside
    if not named.is_absolute():
        yield tree / project / named, project / named
        yield tree / named, PurePosixPath(named)
    yield absolute, project / named.name
