"""Backends by name, and which one to use."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from hotloop.errors import UsageError
from hotloop.sandboxes.base import Backend, Log

BACKENDS = {
    "bubblewrap": "hotloop.sandboxes.bubblewrap:BubblewrapBackend",
    "docker": "hotloop.sandboxes.docker:DockerBackend",
    "local": "hotloop.sandboxes.local:LocalBackend",
}
CHOICES = ("auto", *BACKENDS)
NEEDED_BY_UNTRUSTED_CODE = ("isolates_network", "isolates_files", "limits_memory", "limits_processes")
"""Capabilities without which code that a model wrote is not run, unless the user named `local`."""


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
    UsageError where "auto" could give nothing else, or where what was asked for cannot
    hold what such code needs.
    """
    if name != "auto":
        return _checked(
            name, model_written=model_written and name != "local", tools=tools, state_dir=state_dir
        )
    try:
        docker = _checked("docker", model_written=model_written, tools=tools, state_dir=state_dir)
    except UsageError as error:
        return _fall_back(error, model_written=model_written, tools=tools, state_dir=state_dir, log=log)
    log("sandbox: docker (an engine answers)")
    return docker


def _checked(name: str, *, model_written: bool, tools: Path, state_dir: Path | None) -> Backend:
    backend = make(name, tools, state_dir)
    backend.check()
    if model_written:
        require_walls(backend)
    return backend


def require_walls(backend: Backend) -> None:
    """Raise UsageError when the backend cannot hold what code that is not trusted needs."""
    lacks = [need for need in NEEDED_BY_UNTRUSTED_CODE if not getattr(backend.capabilities, need)]
    if lacks:
        raise UsageError(
            f"The {backend.name} sandbox cannot hold code written by a model here: "
            f"{', '.join(lacks)} is missing",
            "See `hotloop doctor`, or use another sandbox",
        )


def _fall_back(
    error: UsageError, *, model_written: bool, tools: Path, state_dir: Path | None, log: Log
) -> Backend:
    """What untrusted code needs where code is untrusted, else what needs least."""
    name = "bubblewrap" if model_written else "local"
    try:
        backend = _checked(name, model_written=model_written, tools=tools, state_dir=state_dir)
    except UsageError as second:
        if not model_written:
            raise
        raise UsageError(
            f"Code written by a model needs the docker or bubblewrap sandbox: {error.cause}; {second.cause}",
            f"{error.fix}; {second.fix}; or say --sandbox local to run it on this machine as you",
        ) from second
    log(f"sandbox: {name} (docker does not work here: {error.cause})")
    return backend
