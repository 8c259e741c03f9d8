"""A running container and the commands in it."""

from __future__ import annotations

import errno
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError, DockerException, NotFound

from hotloop.sandboxes import docker_tree
from hotloop.sandboxes.base import Completed, Limits
from hotloop.sandboxes.docker_channel import Channel, ChannelCommand, CommandLost
from hotloop.sandboxes.docker_clock import HostMeter, Meter, find_meter
from hotloop.sandboxes.docker_engine import engine_errors
from hotloop.sandboxes.docker_exec import Exec, start_exec
from hotloop.sandboxes.docker_stream import Stream
from hotloop.sandboxes.environ import FOLDERS
from hotloop.sandboxes.errors import SandboxError
from hotloop.sandboxes.launching import Settings, Sink
from hotloop.sandboxes.streams import BoundedOutput

MIB = 1 << 20
ROOT = "0:0"
KEEPERS = (65534, 65533)
"""Users to supervise as: the first that commands do not run as."""
OWN_PROCESSES = 1
"""The supervisor."""
SPARE_PROCESSES = 8
"""For the supervisor, launchers and what stands between it and commands, beside what a command may have."""
END_SECONDS = 10.0
RUN_LABEL = "hotloop.run"
OWNER_LABEL = "hotloop.owner"
SCRATCH = "/hotloop/scratch"
TREE = "/hotloop/tree"


@dataclass
class Container:
    """python: the interpreter for our own tools. user: who commands run as, uid and gid.

    bytecode: see `Environment`.
    """

    client: docker.DockerClient
    container_id: str
    python: str
    user: tuple[int, int]
    bytecode: str = ""
    live: dict[Exec | ChannelCommand, Limits] = field(default_factory=dict)
    _channel: Channel = field(init=False)
    _shown: tuple[Path, bool] | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _current: tuple[int, int] = (0, 0)

    @cached_property
    def meter(self) -> Meter:
        with engine_errors("to inspect a container"):
            state = self.client.api.inspect_container(self.container_id)["State"]
        return find_meter(self.client, self.container_id, int(state["Pid"]))

    def begin(self) -> None:
        """Start it, which empties the scratch folder, and make the folders that belong there."""
        api = self.client.api
        self.__dict__.pop("meter", None)
        with engine_errors("to start a container"):
            ways = dict.fromkeys(("stdin", "stdout", "stderr", "stream"), 1)
            stream = Stream(api.attach_socket(self.container_id, params=ways))
            self._channel = Channel(stream)
            try:
                api.start(self.container_id)
            except DockerException:
                self._channel.close()
                raise
        self._channel.greet()
        self._make_folders()
        if self._shown is not None:
            with engine_errors("to show a tree"):
                self.show(*self._shown)

    def show(self, tree: Path, writable: bool) -> None:
        """Let it see `tree`, which it was made without. Raises OSError where we cannot do that."""
        if not isinstance(self.meter, HostMeter):
            raise OSError(errno.ENOSYS, "the engine's processes are not in sight")
        docker_tree.show(tree, TREE, pid=self.meter.init, container=self.container_id, writable=writable)
        self._shown = tree, writable

    def listens(self) -> bool:
        return self._channel.dead is None

    def applied(self, limits: Limits) -> None:
        """Say what the container was made with."""
        self._current = (limits.memory_mb, limits.processes)

    def start(self, settings: Settings, limits: Limits, out: Sink, err: Sink) -> Exec:
        """A command with a stream of its own: what passed its lines on would be on its clock."""
        with self._lock:
            self._apply([limits, *self.live.values()])
            started = start_exec(
                self.client,
                self.container_id,
                {**settings, "user": self.user, "keeper": keeper(self.user)},
                python=self.python,
                user=ROOT,
                out=out,
                err=err,
            )
            self.live[started] = limits
        return started

    def end(self, command: Exec | ChannelCommand) -> None:
        """Kill what is left of the command and of commands before it. Safe twice."""
        with self._lock:
            if self.live.pop(command, None) is None:
                return
            try:
                self._end(command)
            finally:
                command.close()

    def _end(self, command: Exec | ChannelCommand) -> None:
        if command.has_ended() and not self.live and self._is_empty() and self._lives(command):
            return
        self._sweep()
        if not command.wait(END_SECONDS):
            raise SandboxError("a command's output does not end although its processes did")

    def _lives(self, command: Exec | ChannelCommand) -> bool:
        """Whether the container did not end with it. Of its own commands the supervisor has spoken."""
        return isinstance(command, ChannelCommand) or self._channel.answers()

    def _is_empty(self) -> bool:
        try:
            return self.meter.process_count() == OWN_PROCESSES
        except SandboxError:
            return False  # the container died with its command; the sweep sees to it

    def run(self, settings: Settings, limits: Limits, stdin: bytes = b"") -> Completed:
        """See `Sandbox.run`; `settings` are the launcher's."""
        out, err = BoundedOutput(limits.output_bytes), BoundedOutput(limits.output_bytes)
        begin = time.monotonic()
        with self._lock:
            self._apply([limits, *self.live.values()])
            channel = self._channel
            command = channel.start(
                {**settings, "user": self.user, "no_stdin": not stdin}, out.feed, err.feed
            )
            self.live[command] = limits
        try:
            if stdin:
                command.feed(stdin, limits.seconds)
            in_time = command.wait(begin + limits.seconds - time.monotonic())
            seconds = time.monotonic() - begin
            exit_code = self._exit_code(command, channel) if in_time else -9
        finally:
            self.end(command)
        return Completed(
            exit_code=exit_code,
            stdout=out.value(),
            stderr=err.value(),
            seconds=seconds,
            timed_out=not in_time,
            truncated=out.truncated or err.truncated,
        )

    def _exit_code(self, command: ChannelCommand, channel: Channel) -> int:
        """Memory that runs out may end what looks after a command, and nothing else in here can: a result."""
        try:
            return command.exit_code()
        except CommandLost as error:
            if channel.replaced or error.killed or self._ran_out(channel):
                return -9
            raise SandboxError(f"the container's supervisor failed: {channel.dead or error}") from error

    def _ran_out(self, channel: Channel) -> bool:
        """Whether the container of this channel, which is dead, ended because memory ran out."""
        with self._lock:
            if channel.ran_out is None:
                with engine_errors("to inspect a container"):
                    state = self.client.api.inspect_container(self.container_id)["State"]
                channel.ran_out = bool(state["OOMKilled"])
            return channel.ran_out

    def sees(self, tree: Path) -> bool:
        """Whether its tree is this one, mounts of ours included, and not what lies below them."""
        with engine_errors("to inspect a container"):
            pid = self.client.api.inspect_container(self.container_id)["State"]["Pid"]
        try:
            return Path(f"/proc/{pid}/root{TREE}").samefile(tree)
        except OSError:  # the engine numbers its processes elsewhere
            return False

    def remove(self) -> None:
        self._channel.close()
        with engine_errors("to remove a container"), suppress(NotFound):
            try:
                self.client.api.remove_container(self.container_id, force=True, v=True)
            except APIError as error:
                if error.status_code == HTTPStatus.NOT_FOUND:
                    raise
                # It ended by itself, as it does with its channel, while the engine was about to kill it.
                self.client.api.wait(self.container_id, timeout=int(END_SECONDS))
                self.client.api.remove_container(self.container_id, force=True, v=True)

    def _make_folders(self) -> None:
        arguments = [SCRATCH, self.bytecode, *FOLDERS]
        done = self.run({"tool": "folders", "command": arguments, "cwd": "/", "env": {}}, Limits())
        if not done.ok:
            raise SandboxError(f"cannot make the scratch folder: {done.text()[-300:]}")

    def _sweep(self) -> None:
        """A sweep fails when the target fights it (forks faster than it dies) or took the container along.

        Then the container is restarted. That ends everything in it, the scratch folder's
        content too, and is still a result and not a failure of the sandbox. Raises SandboxError,
        too late for what was running, where something outside ended it.
        """
        launchers = [command.supervisor for command in self.live if isinstance(command, Exec)]
        commands = [command.number for command in self.live if isinstance(command, ChannelCommand)]
        if self._channel.sweep(launchers, commands):
            return
        dead = self._channel.dead if self._channel.has_ended() else None
        if dead is None:
            self._channel.replaced = True
        ran_out = dead is not None and self._ran_out(self._channel)
        self._channel.close()
        with engine_errors("to restart a container"):
            self.client.api.stop(self.container_id, timeout=0)
        self.begin()
        if dead is not None and not ran_out:
            # Nothing inside can do that: an engine that was killed and started again did.
            raise SandboxError(f"the container's supervisor ended: {dead}")

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


def keeper(user: tuple[int, int]) -> int:
    """Whom the supervisor runs as."""
    return next(uid for uid in KEEPERS if uid != user[0])
