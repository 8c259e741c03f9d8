"""Released versions of a package as trees. No code of the package runs on this machine.

Only wheels are taken: to learn what a source distribution holds, pip runs its build.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from hotloop.errors import UsageError
from hotloop.repos.errors import RepoError
from hotloop.repos.urls import without_secrets
from hotloop.repos.wheel import requirements, unpack_wheel
from hotloop.sandboxes.host_settings import install_variables
from hotloop.sandboxes.owners import temporary_folder

PREFIX = "pypi:"
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?")
_SECONDS = 600.0
_LARGEST_WHEEL = 1 << 30
_VERSIONS = re.compile(r"\(from versions: ([^)]*)\)")
_UNREACHED = re.compile(r"^WARNING: Retrying |Could not fetch URL", re.MULTILINE)
_SHOWN = 6
_NEWEST_GLIBC = 28  # what images of the last years have (PEP 600 names platforms by it)


@dataclass(frozen=True)
class Release:
    """A released version. file, sha256: of the wheel. requires: PEP 508, without extras."""

    name: str
    version: str
    file: str
    sha256: str
    requires: tuple[str, ...]


def package_of(repo: str) -> str | None:
    """The package that "pypi:NAME" names; None for anything else. Raises UsageError."""
    if not repo.startswith(PREFIX):
        return None
    name = repo.removeprefix(PREFIX)
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!a} is no name of a package", f"Write {PREFIX}NAME, such as {PREFIX}idna")
    return str(canonicalize_name(name))


def fetch_release(
    name: str,
    version: str,
    destination: Path,
    *,
    python: tuple[int, int],
    platforms: Sequence[str] = (),
) -> Release:
    """Unpack the wheel of `name` `version` into `destination`, a new folder that becomes an import root.

    python: the interpreter it is for. platforms: tags to choose from; this machine's when
    empty. The user's pip settings (index, certificates) hold. Raises UsageError when there
    is no such version or no wheel of it that fits, RepoError when pip or the network fails.
    """
    number = _version(version)
    with temporary_folder("wheel") as folder:
        wheel = _download(f"{name}=={number}", folder, python, platforms)
        with wheel.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        unpack_wheel(wheel, destination)
        return Release(name, str(number), wheel.name, sha256, requirements(destination))


def container_platforms(machine: str) -> tuple[str, ...]:
    """Tags of wheels that run in a container with glibc on a machine such as "x86_64"."""
    architecture = {"arm64": "aarch64", "AMD64": "x86_64"}.get(machine, machine)
    numbered = [f"manylinux_2_{minor}_{architecture}" for minor in range(_NEWEST_GLIBC, 4, -1)]
    return (*numbered, f"manylinux2014_{architecture}", f"linux_{architecture}")


def _version(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion as error:
        raise UsageError(f"{text!a} is not a version", "Write one such as 3.7 or 1.0rc1") from error


def _download(wanted: str, folder: Path, python: tuple[int, int], platforms: Sequence[str]) -> Path:
    chosen = [word for tag in platforms for word in ("--platform", tag)]
    command = [
        *(_pip(), "-I", "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"),
        *("--no-deps", "--only-binary=:all:", "--python-version", "{}.{}".format(*python)),
        *("--dest", str(folder), *chosen, wanted),
    ]
    done = _run(command)
    if done.returncode != 0:
        raise _explained(wanted, python, done.stderr)
    wheels = list(folder.glob("*.whl"))
    if len(wheels) != 1 or wheels[0].stat().st_size > _LARGEST_WHEEL:
        raise RepoError(f"pip brought no single wheel of {wanted} below {_LARGEST_WHEEL >> 20} MiB")
    return wheels[0]


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", **install_variables()}
    try:
        return subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise RepoError(f"pip took longer than {_SECONDS:.0f} s") from error


@functools.cache
def _pip() -> str:
    """An interpreter that has pip: ours, or the one our environment was made from."""
    for python in dict.fromkeys([sys.executable, str(getattr(sys, "_base_executable", sys.executable))]):
        if _run([python, "-I", "-m", "pip", "--version"]).returncode == 0:
            return python
    raise UsageError(
        "Versions are fetched by pip, and Hotloop's Python has none",
        f"Install it: {sys.executable} -m ensurepip",
    )


def _explained(wanted: str, python: tuple[int, int], stderr: str) -> UsageError | RepoError:
    """pip has one exit code for all; its words tell a missing version from a missing network."""
    listed = _VERSIONS.search(stderr)
    if listed is None or _UNREACHED.search(stderr):
        words = [line for line in stderr.splitlines() if line.startswith(("ERROR:", "WARNING: Retrying"))]
        first = words[0].partition(": ")[2] if words else "it did not say why"
        return RepoError(f"pip cannot fetch {wanted}: {without_secrets(first)[:400]}")
    known = [version.strip() for version in listed[1].split(",") if version.strip() not in {"", "none"}]
    number = "{}.{}".format(*python)
    cause = f"There is no wheel of {wanted} for Python {number} on this platform"
    if not known:
        return UsageError(cause, "Check the name; a package without wheels can be compared from its git URL")
    return UsageError(
        cause,
        f"The newest that are: {', '.join(known[-_SHOWN:])}; for others name another --python or the git URL",
    )
