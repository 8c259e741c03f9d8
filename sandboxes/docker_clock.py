"""A container's CPU clock and processes, read on the host where the host can see them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import docker

from hotloop.sandboxes import cgroup, proc
from hotloop.sandboxes.docker_engine import engine_errors
from hotloop.sandboxes.errors import SandboxError


class Meter(Protocol):
    """What a container uses, all processes in it together."""

    @property
    def clock(self) -> str: ...

    def cpu_ns(self) -> int: ...

    def process_count(self) -> int: ...

    def pids(self, launcher: int) -> set[int] | None:
        """Of the one command that this launcher (a pid on the engine's host) supervises; None if unknown."""

    def peak_memory(self, launcher: int) -> int:
        """Of that command; 0 if unknown."""


@dataclass(frozen=True)
class HostMeter:
    """Reads the container's control group. The group's name has the container's id: it is no other's."""

    clock: str
    usage: Path
    init: int
    """The supervisor, the container's first process; each of its children stands between it and a command."""

    def cpu_ns(self) -> int:
        try:
            return cgroup.parse_cpu_usage(self.clock, self.usage.read_text())
        except OSError as error:
            raise SandboxError(f"the container's control group is gone: {error}") from error

    def process_count(self) -> int:
        try:
            return len((self.usage.parent / "cgroup.procs").read_text().split())
        except OSError as error:
            raise SandboxError(f"the container's control group is gone: {error}") from error

    def pids(self, launcher: int) -> set[int]:
        try:
            found = {int(line) for line in (self.usage.parent / "cgroup.procs").read_text().split()}
        except OSError as error:
            raise SandboxError(f"the container's control group is gone: {error}") from error
        return found - {self.init, launcher} - {pid for pid in found if proc.parent(pid) == self.init}

    def peak_memory(self, launcher: int) -> int:
        return proc.peak_resident(proc.descendants(launcher))


@dataclass(frozen=True)
class EngineMeter:
    """Asks the engine, for one that runs on another machine or in a virtual one."""

    client: docker.DockerClient
    container: str
    clock: str = "engine"

    def cpu_ns(self) -> int:
        with engine_errors("to read a container's CPU clock"):
            stats = self.client.api.stats(self.container, stream=False, one_shot=True)
            return int(stats["cpu_stats"]["cpu_usage"]["total_usage"])

    def process_count(self) -> int:
        with engine_errors("to list a container's processes"):
            return len(self.client.api.top(self.container)["Processes"])

    def pids(self, launcher: int) -> None:
        del launcher  # as below

    def peak_memory(self, launcher: int) -> int:
        del launcher  # its number means nothing on this machine
        return 0


def find_meter(client: docker.DockerClient, container: str, first_pid: int) -> Meter:
    """first_pid: the container's first process as the engine numbers it.

    On this machine that number may be another process's; the container's id in the
    name of its control group is the proof that it is not.
    """
    try:
        found = cgroup.cpu_usage_file(cgroup.hierarchies(first_pid))
    except OSError:
        found = None
    if found and container in str(found[1]) and found[1].exists():
        return HostMeter(*found, first_pid)
    return EngineMeter(client, container)
