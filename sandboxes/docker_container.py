"""A running container and the commands in it."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import docker
from docker.errors import DockerException, NotFound

from hotloop.sandboxes import owners
from hotloop.sandboxes.base import Completed, Environment, Limits
from hotloop.sandboxes.docker_clock import Meter, find_meter
from hotloop.sandboxes.docker_engine import bind_mounts, engine_errors
from hotloop.sandboxes.docker_exec import INSIDE, Exec, start_exec
from hotloop.sandboxes.environ import FOLDERS
from hotloop.sandboxes.errors import SandboxError
from hotloop.sandboxes.launching import Settings, Sink
from hotloop.sandboxes.streams import BoundedOutput

MIB = 1 << 20
TMPFS = "rw,exec,nosuid,nodev"
KEEPER = "import signal\nwhile True: signal.pause()"
"""The container's main process."""
KEEPER_USER = "65534:65534"
"""Nobody else's, so that no command can end the keeper."""
SWEEPS = 3
OWN_PROCESSES = 2
"""The engine's init and the keeper."""
SPARE_PROCESSES = 8
"""For init, keeper, launchers and sweeps, beside what a command may have."""
RUN_LABEL = "hotloop.run"
OWNER_LABEL = "hotloop.owner"
SCRATCH = "/hotloop/scratch"
TREE = "/hotloop/tree"


@dataclass
class Container:
    """python: the interpreter for our own tools. user: who commands run as, "uid:gid".

    bytecode: see `Environment`.
    """

    client: docker.DockerClient
    container_id: str
    python: str
    user: str
    bytecode: str = ""
    live: dict[str, tuple[Exec, Limits]] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _current: tuple[int, int] = (0, 0)

    @cached_property
    def meter(self) -> Meter:
        with engine_errors("to inspect a container"):
            state = self.client.api.inspect_container(self.container_id)["State"]
        return find_meter(self.client, self.container_id, int(state["Pid"]))

    def applied(self, limits: Limits) -> None:
        """Say what the container was made with."""
        self._current = (limits.memory_mb, limits.processes)

    def start(self, settings: Settings, limits: Limits, out: Sink, err: Sink) -> Exec:
        with self._lock:
            self._apply([limits, *(other for _, other in self.live.values())])
            started = start_exec(
                self.client, self.container_id, settings, python=self.python, user=self.user, out=out, err=err
            )
            self.live[started.exec_id] = (started, limits)
        return started

    def end(self, command: Exec) -> None:
        """Kill what is left of the command and of commands before it. Safe twice."""
        with self._lock:
            if self.live.pop(command.exec_id, None) is None:
                return
            try:
                self._end(command)
            finally:
                command.close()

    def _end(self, command: Exec) -> None:
        if command.wait(0) and not self.live and self._is_empty():
            return
        self._sweep()
        if not command.wait(10.0):
            raise SandboxError("a command's output does not end although its processes did")

    def _is_empty(self) -> bool:
        try:
            return self.meter.process_count() == OWN_PROCESSES
        except SandboxError:
            return False  # the container died with its command; the sweep sees to it

    def run(self, settings: Settings, limits: Limits, stdin: bytes = b"") -> Completed:
        """See `Sandbox.run`; `settings` are the launcher's."""
        out, err = BoundedOutput(limits.output_bytes), BoundedOutput(limits.output_bytes)
        begin = time.monotonic()
        command = self.start({**settings, "no_stdin": not stdin}, limits, out.feed, err.feed)
        try:
            feeder = threading.Thread(target=_feed, args=(command, stdin), daemon=True)
            feeder.start()
            in_time = command.wait(limits.seconds)
            seconds = time.monotonic() - begin
            exit_code = command.exit_code() if in_time else -9
        finally:
            self.end(command)
        feeder.join()
        return Completed(
            exit_code=exit_code,
            stdout=out.value(),
            stderr=err.value(),
            seconds=seconds,
            timed_out=not in_time,
            truncated=out.truncated or err.truncated,
        )

    def sees(self, tree: Path) -> bool:
        """Whether its tree is this one, mounts of ours included, and not what lies below them."""
        with engine_errors("to inspect a container"):
            pid = self.client.api.inspect_container(self.container_id)["State"]["Pid"]
        try:
            return Path(f"/proc/{pid}/root{TREE}").samefile(tree)
        except OSError:  # the engine numbers its processes elsewhere
            return False

    def remove(self) -> None:
        with engine_errors("to remove a container"), suppress(NotFound):
            self.client.api.remove_container(self.container_id, force=True, v=True)

    def make_folders(self) -> None:
        """Below the scratch folder, which is empty in a new and in a restarted container."""
        code, output = self._tool(f"{INSIDE}/folders.py", SCRATCH, self.bytecode, *FOLDERS)
        if code:
            raise SandboxError(f"cannot make the scratch folder: {output}")

    def _sweep(self) -> None:
        """A sweep fails when the target fights it (fills the limits, kills it) or took the container along.

        Then the container is restarted. That ends everything in it, the scratch folder's
        content too, and is still a result and not a failure of the sandbox.
        """
        keep = [str(command.supervisor) for command, _ in self.live.values()]
        for _ in range(SWEEPS):
            with suppress(SandboxError):
                code, _ = self._tool(f"{INSIDE}/sweep.py", *keep)
                if code == 0:
                    return
        with engine_errors("to restart a container"):
            self.client.api.restart(self.container_id, timeout=0)
        self.__dict__.pop("meter", None)
        self.make_folders()

    def _tool(self, *arguments: str) -> tuple[int, str]:
        """Exit code and output of one of our own programs; a failure to start is a code too."""
        command = [self.python, "-I", "-S", *arguments]
        api = self.client.api
        with engine_errors("to start a tool in a container"):
            created = api.exec_create(self.container_id, command, user=self.user, workdir="/")
            output = api.exec_start(created["Id"])
            code = api.exec_inspect(created["Id"])["ExitCode"]
        return -1 if code is None else int(code), output.decode("utf-8", "replace")[-300:]

    def _apply(self, limits: list[Limits]) -> None:
        """Memory and processes are the container's: the largest of what its commands may use."""
        memory = max(limit.memory_mb for limit in limits)
        processes = max(limit.processes for limit in limits)
        if (memory, processes) == self._current:
            return
        api: Any = self.client.api
        wanted = {
            "Memory": memory * MIB,
            "MemorySwap": memory * MIB,
            "PidsLimit": processes + SPARE_PROCESSES,
        }
        with engine_errors("to limit a container"):
            # The client's own update_container cannot say PidsLimit.
            response = api._post_json(api._url("/containers/{0}/update", self.container_id), data=wanted)
            api._raise_for_status(response)
        self._current = (memory, processes)


def _feed(command: Exec, data: bytes) -> None:
    with suppress(OSError):
        if data:
            command.send(data)
        command.close_stdin()


def create(
    client: docker.DockerClient,
    environment: Environment,
    *,
    user: str,
    binds: list[tuple[Path, str, str]],
    run_id: str,
) -> Container:
    """Start a container for a sandbox. binds: (here, inside, "ro" or "rw"). Raises SandboxError."""
    uid, _, gid = user.partition(":")
    limits = Limits()
    with engine_errors("to start a container"):
        created = client.containers.create(
            environment.reference,
            entrypoint=[environment.python, "-I", "-S", "-c", KEEPER],
            user=KEEPER_USER,
            init=True,
            # The engine's default is the container's id, which would differ between base and candidate.
            hostname="hotloop",
            network_mode="none",
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            read_only=True,
            tmpfs={
                "/tmp": f"{TMPFS},size={limits.file_mb}m,mode=1777",
                SCRATCH: f"{TMPFS},size={2 * limits.file_mb}m,mode=0700,uid={uid},gid={gid}",
            },
            mounts=bind_mounts(binds),
            mem_limit=limits.memory_mb * MIB,
            memswap_limit=limits.memory_mb * MIB,
            pids_limit=limits.processes + SPARE_PROCESSES,
            nano_cpus=int(client.info()["NCPU"]) * 10**9,  # the engine's, which may have fewer than we
            working_dir="/",
            labels={RUN_LABEL: run_id, OWNER_LABEL: owners.token()},
        )
        try:
            created.start()
        except DockerException:
            created.remove(force=True)
            raise
    container = Container(client, str(created.id), environment.python, user, environment.bytecode)
    container.applied(limits)
    container.make_folders()
    return container


def reap(client: docker.DockerClient, run_id: str) -> int:
    """Remove the containers of a run; how many there were."""
    with engine_errors("to remove a run's containers"):
        found = client.containers.list(all=True, filters={"label": f"{RUN_LABEL}={run_id}"})
        for container in found:
            container.remove(force=True, v=True)
    return len(found)
