"""Sandboxes on this machine: limits and a clean slate, but no wall around files.

Commands run as this user. For code that is meant to do harm, use docker.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import uuid
from functools import cached_property
from pathlib import Path

from hotloop.errors import UsageError, disk_is_full
from hotloop.sandboxes import bytecode
from hotloop.sandboxes.base import Capabilities, Environment, EnvironmentSpec, Log
from hotloop.sandboxes.cgroup import Family, Group
from hotloop.sandboxes.environ import CACHE
from hotloop.sandboxes.leftovers import reap_sandbox
from hotloop.sandboxes.local_environment import Builder
from hotloop.sandboxes.local_sandbox import LocalSandbox
from hotloop.sandboxes.namespaces import find_isolation, lay_out
from hotloop.sandboxes.trees import refuse_git

SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"


class LocalBackend:
    """See `hotloop.sandboxes.base.Backend`.

    tools: folder shown read-only in every sandbox. state_dir: where environments,
    scratch folders and the records for `reap` are; by default
    $XDG_STATE_HOME/hotloop for the state and $XDG_CACHE_HOME/hotloop for environments.
    """

    name = "local"

    def __init__(self, tools: Path, state_dir: Path | None = None) -> None:
        self._tools = tools.absolute()
        self._state = (state_dir or user_folder("XDG_STATE_HOME", ".local/state")).absolute()
        self._cache = (state_dir or user_folder("XDG_CACHE_HOME", ".cache")).absolute()

    @cached_property
    def _family(self) -> Family | None:
        return Family.find()

    @cached_property
    def _builder(self) -> Builder:
        self._state.mkdir(parents=True, exist_ok=True)
        return Builder(self._cache, self._state / "mnt", find_isolation(self._state / "probe"))

    @cached_property
    def capabilities(self) -> Capabilities:
        isolation = self._builder.isolation
        return Capabilities(
            isolates_network=isolation is not None and isolation.network,
            isolates_files=False,
            limits_memory=True,
            limits_processes=(self._family is not None and self._family.limits_processes) or os.getuid() != 0,
            limits_disk=False,
            same_path=isolation is not None,
            counts_children=self._family is not None,
        )

    def check(self) -> None:
        if not sys.platform.startswith("linux"):
            raise UsageError("The local sandbox needs Linux", "Use --sandbox docker")
        for folder in (self._state, self._cache):
            check_writable(folder)

    def prepare(self, spec: EnvironmentSpec, base_tree: Path, log: Log) -> Environment:
        return self._builder.prepare(spec, base_tree, log)

    def start(
        self, environment: Environment, tree: Path, *, run_id: str, writable: bool = False
    ) -> LocalSandbox:
        refuse_git(tree)
        folder = self._run_folder(run_id) / uuid.uuid4().hex[:16]
        scratch = folder / "scratch"
        scratch.mkdir(parents=True)
        compiled = bytecode.load(Path(environment.bytecode)) if environment.bytecode else None
        kept = [Path(environment.reference)] if environment.reference else []
        rooms = lay_out(
            self._builder.isolation,
            self._builder.mounts,
            tree=tree.absolute(),
            scratch=scratch,
            tools=self._tools,
            writable=writable,
            kept=[*kept, *((compiled.folder, *compiled.roots) if compiled else ())],
            hide=self._state / "runs",
        )
        path = f"{Path(environment.python).parent}:{SYSTEM_PATH}"
        sandbox = LocalSandbox(environment, rooms, folder, path, self._family)
        if compiled:
            compiled.link_into(scratch / CACHE)
        return sandbox

    def warm(self, environment: Environment, *, run_id: str) -> None:
        """Nothing: one starts in milliseconds."""

    def reap(self, run_id: str) -> int:
        """See `Backend.reap`."""
        folder = self._run_folder(run_id)
        if not folder.is_dir():
            return 0
        removed = sum(reap_sandbox(sandbox, self._groups(sandbox)) for sandbox in folder.iterdir())
        folder.rmdir()
        return removed

    def _groups(self, sandbox: Path) -> list[Group]:
        return self._family.matching(f"{sandbox.name}-") if self._family else []

    def _run_folder(self, run_id: str) -> Path:
        return self._state / "runs" / re.sub(r"[^A-Za-z0-9_-]", "_", run_id)


def check_writable(folder: Path) -> None:
    """Make `folder`. Raises UsageError when nothing can be put there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        if disk_is_full(error):
            raise
        raise UsageError(
            f"{folder} cannot be written to ({error.strerror})",
            "Set XDG_STATE_HOME and XDG_CACHE_HOME to folders that can",
        ) from None


def user_folder(variable: str, default: str) -> Path:
    """Our folder in one of the XDG base directories."""
    return Path(os.environ.get(variable) or Path.home() / default) / "hotloop"
