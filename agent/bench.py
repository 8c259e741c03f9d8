"""Where a workload runs: an environment, base's tree with its compiled parts built, and sandboxes.

What a run of the loop and a comparison of two trees have in common. Everything is made
when first asked for.
"""

from __future__ import annotations

import shutil
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

from hotloop.agent.events import EventLog
from hotloop.agent.folder import RunFolder
from hotloop.agent.settings import Settings
from hotloop.errors import UsageError
from hotloop.profilers.command import AnyWorkload, CommandWorkload
from hotloop.profilers.workload import Workload
from hotloop.repos.layout import import_roots, modules_under
from hotloop.repos.tree import copy_tree
from hotloop.sandboxes.base import Backend, Environment, EnvironmentSpec, Limits, Sandbox
from hotloop.sandboxes.uses import note_use

REBUILD = Limits(seconds=600.0)


def environment_spec(settings: Settings, tree: Path) -> EnvironmentSpec:
    """What the settings say the target needs; tree: the base tree, in which a Dockerfile lies."""
    dockerfile = None if settings.dockerfile is None else tree / settings.dockerfile
    files = tuple(PurePosixPath(path) for path in settings.env_files)
    return EnvironmentSpec(settings.python, settings.env, settings.image, dockerfile, files)


@dataclass
class Bench(ABC):
    """Not thread-safe while being made; safe once its parts are."""

    settings: Settings
    folder: RunFolder
    events: EventLog
    backend: Backend
    sandbox_seconds: float = field(default=0.0, kw_only=True)
    _lock: threading.RLock = field(default_factory=threading.RLock, kw_only=True)

    @property
    @abstractmethod
    def project(self) -> PurePosixPath:
        """The project's folder, relative to a tree."""

    @property
    @abstractmethod
    def source_tree(self) -> Path:
        """Base's files as committed, without anything built."""

    @property
    @abstractmethod
    def workload(self) -> AnyWorkload:
        """What is timed."""

    @cached_property
    def environment(self) -> Environment:
        spec = environment_spec(self.settings, self.source_tree)
        made = self.backend.prepare(spec, self.source_tree / self.project, self.events.log)
        note_use(made, str(self.folder.path))
        self.backend.warm(made, run_id=self.folder.id)
        return made

    @cached_property
    def base_tree(self) -> Path:
        """Base, with its compiled parts built. What every candidate is compared with."""
        tree = self.folder.work / "base"
        shutil.rmtree(tree, ignore_errors=True)
        copy_tree(self.source_tree, tree)
        failure = self.rebuild(tree)
        if failure is not None:
            raise UsageError(f"The rebuild command fails at base: {failure}", "Check --rebuild and --env")
        return tree

    @cached_property
    def roots(self) -> tuple[PurePosixPath, ...]:
        """Import roots relative to a tree."""
        return self.roots_of(self.source_tree)

    def roots_of(self, tree: Path) -> tuple[PurePosixPath, ...]:
        """Import roots of `tree`, relative to it: as set, else found from its files."""
        given = self.settings.import_roots
        found = import_roots(tree / self.project) if given is None else given
        return tuple(self.project / root for root in found)

    def timed_file(self, text: str, path: PurePosixPath, *trees: Path) -> Workload:
        """A workload file of this text, at `path`, that imports from where each of `trees` has its code."""
        roots = tuple(dict.fromkeys(root for tree in trees for root in self.roots_of(tree)))
        return Workload(
            source=text,
            path=path,
            roots=roots,
            modules=tuple(modules_under([tree / root for tree in trees for root in roots])),
            tolerance=self.settings.tolerance,
            call_timeout=self.settings.call_timeout,
        )

    def timed_command(self, command: str) -> CommandWorkload:
        """A command, run in the project's folder."""
        return CommandWorkload(command, self.project, call_timeout=self.settings.call_timeout)

    def rebuild(self, tree: Path) -> str | None:
        """Run the rebuild command in `tree`; the last lines of its output if it fails."""
        if self.settings.rebuild is None:
            return None
        with self.sandbox(tree, writable=True) as sandbox:
            done = sandbox.run(
                ["sh", "-c", self.settings.rebuild], cwd=sandbox.tree / self.project, limits=REBUILD
            )
        return None if done.ok else " | ".join(done.text().strip().splitlines()[-3:])[:600]

    @contextmanager
    def sandbox(self, tree: Path, *, writable: bool = False) -> Iterator[Sandbox]:
        """A sandbox around `tree`; its seconds are counted."""
        begun = time.monotonic()
        try:
            with self.backend.start(
                self.environment, tree, run_id=self.folder.id, writable=writable
            ) as sandbox:
                yield sandbox
        finally:
            with self._lock:
                self.sandbox_seconds += time.monotonic() - begun
