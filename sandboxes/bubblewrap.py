"""Sandboxes of bubblewrap: walls around files, processes and network, without an engine.

For code that is not trusted, on Linux, as root or as any user who may have user
namespaces. See bwrap(1) and docs/sandboxes.md.
"""

from __future__ import annotations

import os
import sys
import uuid
from functools import cached_property
from pathlib import Path

from hotloop.errors import UsageError
from hotloop.sandboxes import bytecode
from hotloop.sandboxes.base import Capabilities, Environment, EnvironmentSpec, Limits, Log
from hotloop.sandboxes.bubblewrap_environment import (
    INSIDE,
    SCRATCH,
    SYSTEM_PATH,
    TOOLS,
    TREE,
    Builder,
    Shown,
    check_version,
    find_bwrap,
    shown,
)
from hotloop.sandboxes.bubblewrap_launch import cage, launch_caged
from hotloop.sandboxes.bubblewrap_sandbox import BubblewrapSandbox
from hotloop.sandboxes.bubblewrap_walls import Bind, Walls, write_names
from hotloop.sandboxes.environ import CACHE
from hotloop.sandboxes.errors import SandboxError
from hotloop.sandboxes.launching import LAUNCHER, Settings
from hotloop.sandboxes.local import LocalBackend
from hotloop.sandboxes.local_sandbox import MIB
from hotloop.sandboxes.namespaces import Rooms
from hotloop.sandboxes.scratch import SCRATCH_FILES, bound, can_bound
from hotloop.sandboxes.streams import BoundedOutput
from hotloop.sandboxes.trees import give_to, make_readable, readable_copy, refuse_git
from hotloop.sandboxes.users import sandbox_user


class BubblewrapBackend(LocalBackend):
    """See `hotloop.sandboxes.base.Backend`. Keeps its state as `LocalBackend` does, in folders of its own."""

    name = "bubblewrap"

    def __init__(self, tools: Path, state_dir: Path | None = None) -> None:
        super().__init__(tools, state_dir)
        self._state /= "bubblewrap"
        self._cache /= "bubblewrap"

    @cached_property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            isolates_network=True,
            isolates_files=True,
            limits_memory=True,
            limits_processes=True,
            limits_disk=self._bounds_scratch,
            same_path=True,
            counts_children=self._family is not None,
        )

    @cached_property
    def _bounds_scratch(self) -> bool:
        return can_bound(self._state)

    @cached_property
    def _inside(self) -> Path:
        return readable_copy(LAUNCHER.parent, self._cache / "shared")

    @cached_property
    def _names(self) -> Path:
        return write_names(self._cache / "etc")

    @cached_property
    def _walled(self) -> Builder:
        return Builder(find_bwrap(), self._cache, self._inside, self._names)

    def check(self) -> None:
        super().check()
        bwrap = find_bwrap()
        check_version(bwrap)
        python = str(getattr(sys, "_base_executable", sys.executable))
        needed = shown(python)
        walls = Walls((*needed.binds(), Bind(self._inside, INSIDE)), self._names, needed.links)
        settings: Settings = {"command": ["true"], "cwd": "/", "env": {}, "no_stdin": True}
        said = BoundedOutput(4096)
        try:
            launched = launch_caged(cage(bwrap, walls, python), settings, None, said.feed, said.feed)
        except SandboxError as error:
            raise UsageError(f"bubblewrap does not work here: {error}", _remedy()) from error
        launched.wait(10.0)
        launched.end()
        launched.release()

    def prepare(self, spec: EnvironmentSpec, base_tree: Path, log: Log) -> Environment:
        return self._walled.prepare(spec, base_tree, log)

    def start(
        self, environment: Environment, tree: Path, *, run_id: str, writable: bool = False
    ) -> BubblewrapSandbox:
        refuse_git(tree)
        if os.getuid() == 0:
            make_readable(tree)
            if writable:
                give_to(tree, *sandbox_user())
        folder = self._run_folder(run_id) / uuid.uuid4().hex[:16]
        scratch = folder / "scratch"
        scratch.mkdir(parents=True)
        if self._bounds_scratch:
            bound(scratch, SCRATCH_FILES * Limits().file_mb * MIB)
        needed = Shown.unpack(environment.reference)
        binds = [
            *needed.binds(),
            Bind(tree.absolute(), TREE, writable),
            Bind(scratch, SCRATCH, writable=True),
            Bind(readable_copy(self._tools, self._cache / "shared"), TOOLS),
            Bind(self._inside, INSIDE),
        ]
        walls = Walls(tuple(binds), self._names, needed.links)
        rooms = Rooms(tree.absolute(), scratch, TREE, SCRATCH, TOOLS, None)
        path = f"{Path(environment.python).parent}:{SYSTEM_PATH}"
        start = cage(find_bwrap(), walls, environment.python)
        sandbox = BubblewrapSandbox(environment, rooms, folder, path, self._family, start=start)
        compiled = bytecode.load(Path(environment.bytecode)) if environment.bytecode else None
        if compiled:
            compiled.link_into(scratch / CACHE)
            if os.getuid() == 0:
                give_to(scratch / CACHE, *sandbox_user())
        return sandbox


def _remedy() -> str:
    if os.getuid() == 0:
        return "Run where namespaces may be made (in a container: --privileged), or use --sandbox docker"
    return (
        "Allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces=15000, "
        "or on Ubuntu kernel.apparmor_restrict_unprivileged_userns=0), or use --sandbox docker"
    )
