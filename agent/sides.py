"""The two sides of a comparison: revisions resolved, and their trees written.

Of a repository, or of a package's releases.
"""

from __future__ import annotations

import platform
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hotloop.agent.settings import Settings
from hotloop.errors import UsageError
from hotloop.repos.pypi import container_platforms
from hotloop.repos.revisions import (
    Revision,
    resolve_base,
    resolve_candidate,
    write_base,
    write_candidate,
    write_release,
)
from hotloop.repos.source import Source
from hotloop.sandboxes.base import Backend, EnvironmentSpec, Log


@dataclass(frozen=True)
class Known:
    """Sides that were resolved before, to be found again."""

    base: Revision
    candidate: Revision


@dataclass(frozen=True)
class Sides:
    """Trees of sources, nothing built. settings: with what the sides themselves call for."""

    base: Revision
    candidate: Revision
    base_tree: Path
    candidate_tree: Path
    settings: Settings
    project: PurePosixPath
    root: Path | None = None
    notes: tuple[str, ...] = ()


def of_repository(
    source: Source, url: str | None, wanted: tuple[str | None, str] | Known, settings: Settings, work: Path
) -> Sides:
    """Two revisions, or a revision and a patch on it. Raises UsageError."""
    if isinstance(wanted, Known):
        base, candidate = (_again(source, side, url) for side in (wanted.base, wanted.candidate))
    else:
        base = resolve_base(source, wanted[0], url)
        candidate = resolve_candidate(source, wanted[1], url)
    one, other = work / "sources" / "base", work / "sources" / "candidate"
    notes = write_base(source, base, one) + write_candidate(source, candidate, one, other)
    project = source.subdir / (settings.subdir or "")
    for revision, tree in ((base, one), (candidate, other)):
        if not (tree / project).is_dir():
            raise UsageError(f"There is no folder {project} in {revision.named}", "Check --subdir")
    root = None if source.bare else source.root
    return Sides(base, candidate, one, other, settings, project, root, (*source.notes, *notes))


def _again(source: Source, side: Revision, url: str | None) -> Revision:
    """A side of old, after making sure that its commit is still there."""
    if side.kind == "commit":
        found = resolve_base(source, side.identity, url)
        return found.model_copy(update={"named": side.named})
    return side


def of_package(
    package: str,
    wanted: tuple[str | None, str] | Known,
    settings: Settings,
    work: Path,
    *,
    backend: Backend,
    log: Log,
) -> Sides:
    """Two releases, with all that they require installed beside them. Raises UsageError."""
    if settings.subdir is not None:
        raise UsageError("A released package has no folders to choose from", "Leave out --subdir")
    known = (wanted.base, wanted.candidate) if isinstance(wanted, Known) else (None, None)
    names = (wanted.base.named, wanted.candidate.named) if isinstance(wanted, Known) else wanted
    if names[0] is None:
        raise UsageError(f"It is open which release of {package} is the base", "Name it with --base")
    python = _version(settings, work, backend, log)
    platforms = container_platforms(platform.machine()) if backend.name == "docker" else ()
    found: list[tuple[Revision, Path]] = []
    needs: list[str] = []
    for side, name, before in zip(("base", "candidate"), names, known, strict=True):
        tree = work / "sources" / side
        revision, release = write_release(
            package, str(name), tree, python=python, platforms=platforms, known=before
        )
        log(f"{side}: {release.file}")
        found.append((revision, tree))
        needs += release.requires
    (base, one), (candidate, other) = found
    return Sides(base, candidate, one, other, with_requirements(settings, needs), PurePosixPath())


def _version(settings: Settings, work: Path, backend: Backend, log: Log) -> tuple[int, int]:
    """Of the target's Python: which wheels fit depends on it."""
    empty = work / "empty"
    shutil.rmtree(empty, ignore_errors=True)
    empty.mkdir(parents=True)
    return backend.prepare(EnvironmentSpec(settings.python, (), settings.image), empty, log).version


def with_requirements(settings: Settings, needs: list[str]) -> Settings:
    """Dependencies come into the environment; the package itself must not, or it might be what runs."""
    roots = settings.import_roots or (Path(),)
    if not needs:
        return settings.model_copy(update={"import_roots": roots})
    words = " ".join(shlex.quote(need) for need in sorted(set(needs)))
    install = f"python -m pip install --quiet --disable-pip-version-check {words}"
    return settings.model_copy(update={"import_roots": roots, "env": (install, *settings.env)})
