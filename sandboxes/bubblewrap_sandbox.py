"""One tree in one environment, each command in walls of its own."""

from __future__ import annotations

import os
from pathlib import Path

from hotloop.sandboxes import proc
from hotloop.sandboxes.base import Environment, Limits
from hotloop.sandboxes.bubblewrap_launch import Caged, launch_caged
from hotloop.sandboxes.cgroup import Family
from hotloop.sandboxes.launching import Settings, Sink
from hotloop.sandboxes.local_sandbox import LocalSandbox
from hotloop.sandboxes.namespaces import Rooms
from hotloop.sandboxes.trees import give_to
from hotloop.sandboxes.users import sandbox_user


class BubblewrapSandbox(LocalSandbox):
    """See `hotloop.sandboxes.base.Sandbox`.

    start: the command that begins our first process inside. Between two commands only
    the scratch folder and a writable tree remain; /tmp and /dev/shm are new each time.
    """

    def __init__(
        self,
        environment: Environment,
        rooms: Rooms,
        folder: Path,
        path: str,
        family: Family | None,
        *,
        start: list[str],
    ) -> None:
        super().__init__(environment, rooms, folder, path, family)
        self._start = start
        if os.getuid() == 0:
            self._owner = sandbox_user()
            give_to(rooms.host_scratch, *self._owner)

    def _rlimits(self, limits: Limits) -> dict[str, int]:
        rlimits = super()._rlimits(limits)
        if self._family and self._family.limits_memory:
            for name in ("RLIMIT_DATA", "RLIMIT_AS"):
                del rlimits[name]
        if not (self._family and self._family.limits_processes):
            rlimits["RLIMIT_NPROC"] = proc.user_threads(sandbox_user()[0]) + limits.processes
        return rlimits

    def _launch(self, settings: Settings, limits: Limits, out: Sink, err: Sink) -> Caged:
        group, record = self._place(limits)
        launched = launch_caged(self._start, settings, group, out, err)
        record.write_text(f"{launched.init} {proc.start_time(launched.init) or ''}\n")
        return launched
