"""Environments that the Docker engine keeps: our images."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any

import docker
from docker.errors import ImageNotFound

from hotloop.sandboxes.docker_engine import engine_errors
from hotloop.sandboxes.stored import StoredEnvironment
from hotloop.sandboxes.uses import forget_uses, uses_of

KEYS = {"hotloop.environment", "hotloop.built"}


def stored_images(client: docker.DockerClient) -> list[StoredEnvironment]:
    """Environments, and images built from Dockerfiles for them. Raises SandboxError."""
    with engine_errors("to list images"):
        found: list[dict[str, Any]] = client.df()["Images"] or []
    return [_stored(client, image) for image in found if KEYS & _labels(image).keys() and _tags(image)]


def _labels(image: dict[str, Any]) -> dict[str, str]:
    return image.get("Labels") or {}


def _tags(image: dict[str, Any]) -> list[str]:
    """An image that lost its name is "<none>:<none>"."""
    return [tag for tag in image.get("RepoTags") or [] if not tag.startswith("<none>")]


def _stored(client: docker.DockerClient, image: dict[str, Any]) -> StoredEnvironment:
    labels = _labels(image)
    identity = labels.get("hotloop.environment", "")
    shared = max(0, int(image.get("SharedSize") or 0))
    return StoredEnvironment(
        "docker",
        _tags(image)[0],
        labels.get("hotloop.version", ""),
        int(image["Size"]) - shared,
        float(image["Created"]),
        tuple(uses_of("docker", identity)) if identity else (),
        partial(_remove, client, _tags(image)[0], identity),
    )


def _remove(client: docker.DockerClient, name: str, identity: str) -> None:
    """Not by force: the engine refuses while a container uses it."""
    with engine_errors(f"to remove the image {name}"), suppress(ImageNotFound):
        client.images.remove(name)
    if identity:
        forget_uses("docker", identity)
