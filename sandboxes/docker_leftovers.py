"""What killed processes left behind in the Docker engine: containers, volumes, networks, layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import docker
from docker.errors import NotFound

from hotloop.sandboxes import owners
from hotloop.sandboxes.docker_container import OWNER_LABEL, RUN_LABEL
from hotloop.sandboxes.docker_engine import engine_errors
from hotloop.sandboxes.docker_environment import builders, owner_of
from hotloop.sandboxes.leftovers import Leftover

IMAGE_LABELS = ("hotloop.environment", "hotloop.built")


def leftovers(client: docker.DockerClient) -> list[Leftover]:
    """Containers first: volumes and networks cannot go while one uses them. Raises SandboxError."""
    with engine_errors("to list what runs left behind"):
        return [*_containers(client), *_builders(client), *_volumes_and_networks(client), *_layers(client)]


def _containers(client: docker.DockerClient) -> Iterator[Leftover]:
    for found in client.api.containers(all=True, size=True, filters={"label": RUN_LABEL}):
        labels = found.get("Labels") or {}
        yield _container(client, found["Id"], labels[RUN_LABEL], labels.get(OWNER_LABEL, ""), found)


def _builders(client: docker.DockerClient) -> Iterator[Leftover]:
    for found in builders(client):
        yield _container(client, str(found.id), str(found.name), owner_of(str(found.name)), {})


def _container(
    client: docker.DockerClient, key: str, run: str, owner: str, found: dict[str, Any]
) -> Leftover:
    remove = partial(_gone, partial(client.api.remove_container, key, force=True, v=True))
    name = f"{key[:12]} of {run}"
    return Leftover("container", name, int(found.get("SizeRw") or 0), owners.life_of(owner), remove)


def _volumes_and_networks(client: docker.DockerClient) -> Iterator[Leftover]:
    ours = {"label": RUN_LABEL}
    for volume in client.volumes.list(filters=ours):
        remove = partial(_gone, partial(volume.remove, force=True))
        yield Leftover("volume", str(volume.name), 0, _life_of(volume.attrs), remove)
    for network in client.networks.list(filters=ours):
        yield Leftover(
            "network", str(network.name), 0, _life_of(network.attrs), partial(_gone, network.remove)
        )


def _life_of(attributes: dict[str, Any]) -> owners.Life:
    return owners.life_of((attributes.get("Labels") or {}).get(OWNER_LABEL, ""))


def _layers(client: docker.DockerClient) -> Iterator[Leftover]:
    """Images of ours that lost their name to a newer one."""
    for label in IMAGE_LABELS:
        for image in client.images.list(filters={"dangling": True, "label": label}):
            remove = partial(_gone, partial(client.images.remove, str(image.id)))
            yield Leftover(
                "unnamed image", image.short_id, int(image.attrs["Size"]), owners.Life.DEAD, remove
            )


def _gone(remove: Callable[[], object]) -> None:
    with engine_errors("to remove what a run left behind"), suppress(NotFound):
        remove()
