"""The Docker engine: reaching it, and telling its failures from the user's mistakes."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import docker
import requests
from docker.errors import DockerException
from docker.types import Mount

from hotloop.errors import UsageError
from hotloop.sandboxes.errors import SandboxError

NETWORK_VARIABLE = "HOTLOOP_DOCKER_NETWORK"
DEFAULT_HOST = "unix:///var/run/docker.sock"
ELSEWHERE = "on another machine"
OLDEST_ENGINE, OLDEST_API = "20.10", (1, 41)
FAILURES = (DockerException, requests.RequestException, OSError)


def connect() -> docker.DockerClient:
    """A client of the engine that the user's environment names. Raises UsageError when none answers."""
    host = os.environ.get("DOCKER_HOST") or DEFAULT_HOST
    if host.startswith("unix://") and not Path(host.removeprefix("unix://")).exists():
        raise _no_engine(f"there is no {host.removeprefix('unix://')}")
    try:
        client = docker.from_env()
    except FAILURES as error:
        raise _no_engine(_first_line(error)) from error
    try:
        client.ping()
    except FAILURES as error:
        client.close()
        raise _no_engine(_first_line(error)) from error
    return client


@dataclass(frozen=True)
class EngineFacts:
    """elsewhere: "" for an engine on this machine, else where it runs, in words.

    cgroup: "1" or "2", "?" where it does not say. root: the folder that it keeps all in, there.
    """

    elsewhere: str
    rootless: bool
    version: str
    api: str
    cgroup: str
    root: str


def describe_engine() -> EngineFacts:
    """What the engine says of itself. Raises UsageError when none answers."""
    with contextlib.closing(connect()) as client, engine_errors("to describe itself"):
        info, version = client.info(), client.version()
    host = os.environ.get("DOCKER_HOST") or DEFAULT_HOST
    elsewhere = "" if host.startswith("unix://") else ELSEWHERE
    if "Docker Desktop" in str(info.get("OperatingSystem")):
        elsewhere = "in a virtual machine"
    return EngineFacts(
        elsewhere,
        any("rootless" in str(option) for option in info.get("SecurityOptions") or ()),
        version=str(version.get("Version")),
        api=str(version.get("ApiVersion")),
        cgroup=str(info.get("CgroupVersion") or "?"),
        root=str(info.get("DockerRootDir")),
    )


def is_old(api: str) -> bool:
    """Whether an engine with this API lacks what we ask of one. Podman says which Docker API it speaks."""
    numbers = [int(part) if part.isdigit() else 0 for part in api.split(".")]
    return tuple(numbers) < OLDEST_API


def refuse_old(client: docker.DockerClient) -> None:
    """Raise UsageError for an engine that is too old."""
    with engine_errors("to say its version"):
        found = client.version()
    if is_old(str(found.get("ApiVersion"))):
        raise UsageError(
            f"The Docker engine is {found.get('Version')} and too old",
            f"Install version {OLDEST_ENGINE} or later, or use --sandbox bubblewrap",
        )


def _no_engine(reason: str) -> UsageError:
    return UsageError(
        f"No Docker engine answers ({reason})", "Start Docker, or set DOCKER_HOST, or use --sandbox local"
    )


@contextmanager
def engine_errors(doing: str) -> Iterator[None]:
    """Turn what the engine or the connection to it raises into SandboxError."""
    try:
        yield
    except requests.ConnectionError as error:
        raise SandboxError(f"Docker failed {doing}: the engine does not answer. Start it again") from error
    except FAILURES as error:
        raise SandboxError(f"Docker failed {doing}: {_first_line(error)}") from error


def networks() -> list[str | None]:
    """Networks to try, in order, for steps that install packages; None is the engine's default.

    $HOTLOOP_DOCKER_NETWORK alone when it is set. Else the default, and the host's where
    the default does not work: an engine may run without a bridge.
    """
    named = os.environ.get(NETWORK_VARIABLE)
    return [named] if named else [None, "host"]


def bind_mounts(binds: list[tuple[Path, str, str]]) -> list[Mount]:
    """binds: (here, inside, "ro" or "rw").

    As mounts and not as volumes, which the client also writes into the container's
    configuration, from where a commit would take them into the image.
    """
    return [Mount(inside, str(here), type="bind", read_only=mode == "ro") for here, inside, mode in binds]


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
