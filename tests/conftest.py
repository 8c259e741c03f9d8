"""What holds for every test: no paid service in reach, and Docker tests that say why they do not run."""

from __future__ import annotations

import contextlib
import functools
import ipaddress
import os
import socket
from collections.abc import Iterator

import pytest

from hotloop.errors import HotloopError

REQUIRED = "HOTLOOP_REQUIRE_DOCKER"


@functools.cache
def docker_unusable() -> str | None:
    """Why tests that need Docker cannot run here, or None when they can."""
    from hotloop.sandboxes.docker_engine import connect  # noqa: PLC0415  (only where a test needs it)
    from hotloop.sandboxes.docker_image import base_image  # noqa: PLC0415

    try:
        with contextlib.closing(connect()) as client:
            base_image(client, log=lambda message: None)
    except HotloopError as error:
        return str(error)
    return None


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("docker") is None:
        return
    reason = docker_unusable()
    if reason and os.environ.get(REQUIRED) == "1":
        pytest.fail(f"{REQUIRED}=1 and Docker cannot be used: {reason}", pytrace=False)
    if reason:
        pytest.skip(f"needs Docker: {reason}")


def is_local(address: object) -> bool:
    """Unix sockets and loopback; a name is none of these but `localhost`."""
    if not isinstance(address, tuple):
        return True
    host = str(address[0])
    if host in {"", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True, scope="session")
def no_paid_service() -> Iterator[None]:
    """Keys are gone and sockets of this process reach this machine only."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guarded_connect(self: socket.socket, address: object) -> None:
        refuse(address)
        connect(self, address)  # type: ignore[arg-type]  # as the caller gave it

    def guarded_connect_ex(self: socket.socket, address: object) -> int:
        refuse(address)
        return connect_ex(self, address)  # type: ignore[arg-type]  # as the caller gave it

    with pytest.MonkeyPatch.context() as patch:
        for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
            patch.delenv(name, raising=False)
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        yield


def refuse(address: object) -> None:
    if not is_local(address):
        raise AssertionError(f"a test tried to reach {address}")
