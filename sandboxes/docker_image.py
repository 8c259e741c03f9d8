"""Images to start from: named, built from the task's Dockerfile, or our own base."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docker
from docker.errors import BuildError, DockerException, ImageNotFound

from hotloop.errors import UsageError
from hotloop.sandboxes.base import EnvironmentSpec, Log
from hotloop.sandboxes.docker_engine import FAILURES, engine_errors, networks
from hotloop.sandboxes.errors import SandboxError
from hotloop.sandboxes.pip_settings import pip_variables
from hotloop.sandboxes.trees import tree_digest

DOCKERFILE = Path(__file__).parent / "Dockerfile"
DEFAULT_BASE_IMAGE = "hotloop-base"
DEFAULT_DOCKER_BASE = "python:3.11-slim"
BUILT = "hotloop-built"


def resolve_image(client: docker.DockerClient, spec: EnvironmentSpec, base_tree: Path, log: Log) -> str:
    """Id of the image that the spec starts from; pulled or built when it is missing.

    Raises UsageError when that fails.
    """
    if spec.image and spec.dockerfile:
        raise UsageError("Both an image and a Dockerfile are named", "Keep one of them")
    if spec.image:
        return _named(client, spec.image, log)
    if spec.dockerfile:
        return _from_dockerfile(client, spec.dockerfile, base_tree, log)
    return base_image(client, log)


def base_image(client: docker.DockerClient, log: Log) -> str:
    """Our own image: $HOTLOOP_BASE_IMAGE, or `hotloop-base`, built when it is missing.

    It is built on $HOTLOOP_DOCKER_BASE, by default python:3.11-slim.
    """
    name = os.environ.get("HOTLOOP_BASE_IMAGE", DEFAULT_BASE_IMAGE)
    found = find_image(client, name)
    if found:
        return found
    base = os.environ.get("HOTLOOP_DOCKER_BASE", DEFAULT_DOCKER_BASE)
    log(f"building the image {name} on {base}")
    try:
        return _build(
            client, tag=name, buildargs={"BASE": base}, fileobj=_context(DOCKERFILE), custom_context=True
        )
    except (BuildError, DockerException) as error:
        raise UsageError(
            f"The image {name} is missing and cannot be built on {base}: {build_error(error)}",
            "Set HOTLOOP_DOCKER_BASE to an image that this engine has or can pull, with Python 3.9 or later",
        ) from error


def find_image(client: docker.DockerClient, name: str) -> str | None:
    with engine_errors("to look for an image"):
        try:
            return str(client.images.get(name).id)
        except ImageNotFound:
            return None


def _named(client: docker.DockerClient, name: str, log: Log) -> str:
    found = find_image(client, name)
    if found:
        return found
    log(f"pulling the image {name}")
    try:
        client.images.pull(*_repository_and_tag(name))
    except FAILURES as error:
        raise UsageError(
            f"The image {name} is not there and cannot be pulled",
            "Build or load it, or name another with --image",
        ) from error
    found = find_image(client, name)
    if found is None:
        raise SandboxError(f"the engine pulled {name} and does not have it")
    return found


def _repository_and_tag(name: str) -> tuple[str, str | None]:
    """A pull without a tag would fetch all of them."""
    repository, colon, tag = name.rpartition(":")
    if "@" in name:
        return name, None
    return (repository, tag) if colon and "/" not in tag else (name, "latest")


def _from_dockerfile(client: docker.DockerClient, dockerfile: Path, base_tree: Path, log: Log) -> str:
    """The base tree is the context. The same file and tree give the image made before."""
    if not dockerfile.is_file():
        raise UsageError(f"There is no Dockerfile at {dockerfile}", "Correct the path")
    key = hashlib.sha256(dockerfile.read_bytes() + tree_digest(base_tree).encode()).hexdigest()[:24]
    found = find_image(client, f"{BUILT}:{key}")
    if found:
        return found
    log(f"building an image from {dockerfile}")
    arguments = {name: value for name, value in pip_variables().items() if not name.startswith("SSL_")}
    try:
        return _build(
            client,
            tag=f"{BUILT}:{key}",
            buildargs=arguments,
            path=str(base_tree),
            dockerfile=str(dockerfile.absolute()),
            labels={"hotloop.built": key},
        )
    except (BuildError, DockerException) as error:
        raise UsageError(f"{dockerfile} does not build: {build_error(error)}", "Correct it") from error


def _build(client: docker.DockerClient, **options: Any) -> str:
    """Try one network after the other: see `networks`."""
    proxies = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
    options["buildargs"] = {**proxies, **options["buildargs"]}
    return first_that_works(
        networks(),
        lambda network: str(
            client.images.build(rm=True, forcerm=True, network_mode=network, **_rewound(options))[0].id
        ),
    )


def first_that_works(networks: list[str | None], attempt: Callable[[str | None], str]) -> str:
    """The result on the first network on which the engine does not fail; the last one's error otherwise."""
    for network in networks[:-1]:
        try:
            return attempt(network)
        except (BuildError, DockerException):
            continue
    return attempt(networks[-1])


def _rewound(options: dict[str, Any]) -> dict[str, Any]:
    if "fileobj" in options:
        options["fileobj"].seek(0)
    return options


def _context(dockerfile: Path) -> io.BytesIO:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        data = dockerfile.read_bytes()
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(data)
        tar.addfile(entry, io.BytesIO(data))
    return archive


def build_error(error: Exception) -> str:
    """The last words of the step that failed."""
    words = " ".join(str(error).split())
    if isinstance(error, BuildError):
        said = "".join(str(line.get("stream", "")) for line in error.build_log if isinstance(line, dict))
        last = said.strip().splitlines()[-1:]
        words = " ".join([words, *last])
    return words[:500]
