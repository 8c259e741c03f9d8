"""Backends by name, and which one to use."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from hotloop.errors import UsageError
from hotloop.sandboxes.base import Backend, Log

BACKENDS = {
    "docker": "hotloop.sandboxes.docker:DockerBackend",
    "local": "hotloop.sandboxes.local:LocalBackend",
}
CHOICES = ("auto", *BACKENDS)


def make(name: str, tools: Path, state_dir: Path | None = None) -> Backend:
    """The named backend, not yet checked. Raises UsageError for a name that is none of ours."""
    if name not in BACKENDS:
        raise UsageError(f"There is no sandbox {name!r}", f"Use one of {', '.join(CHOICES)}")
    module, _, attribute = BACKENDS[name].partition(":")
    backend: Backend = getattr(import_module(module), attribute)(tools, state_dir)
    return backend


def choose(
    name: str, *, model_written: bool, tools: Path, state_dir: Path | None = None, log: Log
) -> Backend:
    """The backend that the user asked for, checked; for "auto", docker where it works.

    Code written by a model runs in `local` only when the user named `local`: raises
    UsageError where "auto" could give nothing else.
    """
    if name != "auto":
        backend = make(name, tools, state_dir)
        backend.check()
        return backend
    docker = make("docker", tools, state_dir)
    try:
        docker.check()
    except UsageError as error:
        return _fall_back(error, model_written=model_written, tools=tools, state_dir=state_dir, log=log)
    log("sandbox: docker (an engine answers)")
    return docker


def _fall_back(
    error: UsageError, *, model_written: bool, tools: Path, state_dir: Path | None, log: Log
) -> Backend:
    if model_written:
        raise UsageError(
            f"Code written by a model needs the docker sandbox: {error.cause}",
            f"{error.fix}; or say --sandbox local to run it on this machine as you",
        ) from error
    local = make("local", tools, state_dir)
    local.check()
    log(f"sandbox: local (docker does not work here: {error.cause})")
    return local
