"""Containers for sandboxes, started ahead for runs that asked for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import docker

from hotloop.errors import UsageError
from hotloop.sandboxes import docker_tree, overlay
from hotloop.sandboxes.base import Environment
from hotloop.sandboxes.docker_container import Container
from hotloop.sandboxes.docker_create import create
from hotloop.sandboxes.pool import Pool

Binds = list[tuple[Path, str, str]]
WARM = 4
"""Containers that wait for a run: a gate takes two at a time, base's and the candidate's."""


@dataclass
class Starter:
    """user: uid and gid of commands. binds: what each container of an environment shows beside its tree."""

    client: docker.DockerClient
    user: tuple[int, int]
    binds: Callable[[Environment], Binds]
    _pools: dict[tuple[str, Environment], Pool[Container]] = field(default_factory=dict)
    _shows: bool = field(default_factory=docker_tree.may_show)
    """Whether a tree can be shown in a container that runs; else no container can be started ahead."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def warm(self, environment: Environment, run_id: str) -> None:
        """Start some ahead now, and another whenever one of them was used."""
        if self._shows:
            with self._lock:
                pool = self._pools.get((run_id, environment)) or self._pool(environment, run_id)
                self._pools[run_id, environment] = pool
            pool.refill()

    def await_warm(self, environment: Environment, run_id: str, seconds: float) -> bool:
        """Whether within that time nothing more is being started ahead."""
        pool = self._pools.get((run_id, environment))
        return pool is None or pool.wait(seconds)

    def start(self, environment: Environment, tree: Path, *, run_id: str, writable: bool) -> Container:
        """Raises SandboxError, and UsageError for an engine that does not see the tree."""
        shown = self._showing(environment, tree, run_id, writable) if self._shows else None
        container = shown or self._create(environment, run_id, tree, writable)
        if overlay.find(tree) and not container.sees(tree):
            container.remove()
            raise UsageError(
                "The Docker engine does not see what is mounted here", f"Set {overlay.SETTING}=copy"
            )
        return container

    def used(self, environment: Environment, run_id: str) -> None:
        """A container has been thrown away: its work is over, and there is time to start another."""
        pool = self._pools.get((run_id, environment))
        if pool is not None:
            pool.refill()

    def cool(self, run_id: str | None = None) -> None:
        """End what waits for this run, or for all."""
        with self._lock:
            keys = [key for key in self._pools if run_id in (key[0], None)]
            pools = [self._pools.pop(key) for key in keys]
        for pool in pools:
            pool.close()

    def _pool(self, environment: Environment, run_id: str) -> Pool[Container]:
        return Pool(lambda: self._create(environment, run_id), Container.listens, Container.remove, WARM)

    def _showing(self, environment: Environment, tree: Path, run_id: str, writable: bool) -> Container | None:
        """None where the kernel or the engine does not let us show a tree in a running container."""
        pool = self._pools.get((run_id, environment))
        container = pool.take() if pool else self._create(environment, run_id)
        try:
            container.show(tree, writable)
        except OSError:
            container.remove()
            self._shows = False
            self.cool()
            return None
        return container

    def _create(
        self, environment: Environment, run_id: str, tree: Path | None = None, writable: bool = False
    ) -> Container:
        return create(
            *(self.client, environment),
            user=self.user,
            binds=self.binds(environment),
            run_id=run_id,
            tree=tree,
            writable=writable,
        )
