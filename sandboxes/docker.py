"""Sandboxes in Docker containers: no network, no capabilities, nothing writable but scratch."""

from __future__ import annotations

import os
import weakref
from functools import cached_property, partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from hotloop.errors import UsageError
from hotloop.sandboxes import toolbox
from hotloop.sandboxes.base import Capabilities, Environment, EnvironmentSpec, Log
from hotloop.sandboxes.launching import LAUNCHER
from hotloop.sandboxes.local import SYSTEM_PATH, user_folder
from hotloop.sandboxes.trees import give_to, make_readable, readable_copy, refuse_git
from hotloop.sandboxes.users import sandbox_user

if TYPE_CHECKING:
    import docker

    from hotloop.sandboxes.docker_environment import ImageBuilder
    from hotloop.sandboxes.docker_sandbox import DockerSandbox
    from hotloop.sandboxes.docker_start import Starter

TOOLBOXES = "toolboxes"


class DockerBackend:
    """See `hotloop.sandboxes.base.Backend`.

    tools: folder shown read-only in every sandbox. state_dir: where copies of it that
    containers can read are kept; by default $XDG_CACHE_HOME/hotloop.
    """

    name = "docker"
    capabilities = Capabilities(
        isolates_network=True,
        isolates_files=True,
        limits_memory=True,
        limits_processes=True,
        limits_disk=True,
        same_path=True,
        counts_children=True,
    )

    def __init__(self, tools: Path, state_dir: Path | None = None) -> None:
        self._tools = tools.absolute()
        self._cache = (state_dir or user_folder("XDG_CACHE_HOME", ".cache")).absolute() / "docker"

    @cached_property
    def _client(self) -> docker.DockerClient:
        from hotloop.sandboxes.docker_engine import connect  # noqa: PLC0415  (the docker package loads lazily)

        client = connect()
        weakref.finalize(self, client.close)
        return client

    @cached_property
    def _builder(self) -> ImageBuilder:
        from hotloop.sandboxes.docker_environment import ImageBuilder  # noqa: PLC0415  (see above)

        inside = readable_copy(LAUNCHER.parent, self._cache / "shared")
        return ImageBuilder(self._client, inside, self._cache / TOOLBOXES)

    @cached_property
    def _starter(self) -> Starter:
        from hotloop.sandboxes.docker_start import Starter  # noqa: PLC0415  (see above)

        binds = partial(_binds, self._tools, self._builder.inside, self._cache)
        made = Starter(self._client, sandbox_user(), binds)
        weakref.finalize(self, made.cool)
        return made

    def check(self) -> None:
        from hotloop.sandboxes.docker_engine import refuse_old  # noqa: PLC0415  (see above)

        system = self._client.info()
        if system.get("OSType") != "linux":
            raise UsageError("The Docker engine runs no Linux containers", "Switch it to Linux containers")
        refuse_old(self._client)

    def prepare(self, spec: EnvironmentSpec, base_tree: Path, log: Log) -> Environment:
        return self._builder.prepare(spec, base_tree, log)

    def start(
        self, environment: Environment, tree: Path, *, run_id: str, writable: bool = False
    ) -> DockerSandbox:
        from hotloop.sandboxes import docker_sandbox  # noqa: PLC0415  (see above)

        refuse_git(tree)
        uid, gid = sandbox_user()
        if uid != os.getuid():
            make_readable(tree)
            if writable:
                give_to(tree, uid, gid)
        container = self._starter.start(environment, tree.absolute(), run_id=run_id, writable=writable)
        path = f"{PurePosixPath(environment.python).parent}:{SYSTEM_PATH}"
        used = partial(self._starter.used, environment, run_id)
        return docker_sandbox.DockerSandbox(environment, container, tree.absolute(), path, used)

    def warm(self, environment: Environment, *, run_id: str) -> None:
        self._starter.warm(environment, run_id)

    def await_warm(self, environment: Environment, *, run_id: str, seconds: float) -> bool:
        """Whether within that time nothing more is being started ahead."""
        return self._starter.await_warm(environment, run_id, seconds)

    def reap(self, run_id: str) -> int:
        from hotloop.sandboxes.docker_create import reap  # noqa: PLC0415  (see above)

        if "_starter" in self.__dict__:
            self._starter.cool(run_id)
        return reap(self._client, run_id)


def _binds(tools: Path, inside: Path, cache: Path, environment: Environment) -> list[tuple[Path, str, str]]:
    """What every container of this environment sees beside its tree."""
    from hotloop.sandboxes.docker_environment import TOOLBOX  # noqa: PLC0415  (the docker package loads lazily)
    from hotloop.sandboxes.docker_exec import INSIDE  # noqa: PLC0415
    from hotloop.sandboxes.docker_sandbox import TOOLS  # noqa: PLC0415

    binds = [(readable_copy(tools, cache / "shared"), str(TOOLS), "ro"), (inside, INSIDE, "ro")]
    ours = toolbox.build(cache / TOOLBOXES, environment.version)
    if ours:
        make_readable(ours)
        binds.append((ours, TOOLBOX, "ro"))
    return binds
