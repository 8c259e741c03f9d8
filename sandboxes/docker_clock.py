"""A container's CPU clock and processes, read on the host where the host can see them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import docker

from hotloop.sandboxes import cgroup, proc
from hotloop.sandboxes.base import Activity
from hotloop.sandboxes.docker_engine import engine_errors
from hotloop.sandboxes.errors import SandboxError

KEPT_BUSY = 3
"""The engine's init, the keeper and a launcher, where one command runs."""


class Meter(Protocol):
    """What a container uses, all processes in it together."""

    @property
    def clock(self) -> str: ...

    def cpu_ns(self) -> int: ...

    def process_count(self) -> int: ...

    def activity(self, launcher: int) -> Activity:
        """Of the command that this launcher supervises, as `Process.activity`."""

    def peak_memory(self, launcher: int) -> int:
        """Of the command that this launcher (a pid on the engine's host) supervises; 0 if unknown."""


@dataclass(frozen=True)
class HostMeter:
    """Reads the container's control group. The group's name has the container's id: it is no other's."""

    clock: str
    usage: Path

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

    def activity(self, launcher: int) -> Activity:
        pids = proc.descendants(launcher)
        return Activity(len(pids), proc.threads(pids), proc.run_delay(pids))

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

    def activity(self, launcher: int) -> Activity:
        del launcher  # as below
        count = self.process_count() - KEPT_BUSY
        return Activity(count, count, 0)

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
        return HostMeter(*found)
    return EngineMeter(client, container)
