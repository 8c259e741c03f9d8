"""What a user names as one side of a comparison, resolved to what can be found again.

A commit, a patch on the base, a released version, or a plain folder as it stands.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from hotloop.errors import UsageError
from hotloop.repos.diff import LARGEST_PATCH
from hotloop.repos.errors import GitFailed, PatchError, RepoError
from hotloop.repos.git import run_git
from hotloop.repos.patch import apply_patch
from hotloop.repos.pypi import Release, fetch_release
from hotloop.repos.source import Source, at_commit, fetch_source
from hotloop.repos.tree import copy_tree, export

_REVISION = re.compile(r"[^\x00-\x20\x7f-][^\x00-\x20\x7f]{0,249}")
_REMOTE = re.compile(r"[A-Za-z0-9][\w./@-]{0,249}", re.ASCII)


class Revision(BaseModel):
    """One side. named: as the user wrote it.

    identity: a commit's hash; the SHA-256 of a patch, of a folder's content or of a
    release's wheel. patch: its text.
    """

    model_config = ConfigDict(frozen=True)

    named: str
    kind: Literal["commit", "patch", "release", "folder"]
    identity: str
    patch: str = ""


def resolve_base(source: Source, named: str | None, url: str | None = None) -> Revision:
    """The base: HEAD, or the folder as it stands, when nothing is named. Raises UsageError."""
    if source.is_git:
        return _commit(source, "HEAD" if named is None else named, url)
    if named is not None:
        raise UsageError(
            f"{source.root} is no git repository, so it has no revision {named}",
            "Leave --base out: the folder as it stands is the base",
        )
    return Revision(named=".", kind="folder", identity=source.base)


def resolve_candidate(source: Source, named: str, url: str | None = None) -> Revision:
    """A revision of the repository, else a file that holds a patch on the base. Raises UsageError."""
    if source.is_git and not _is_file(named):
        return _commit(source, named, url)
    if source.is_git and (commit := _known_commit(source, named)):
        return Revision(named=named, kind="commit", identity=commit)
    return _patch(named)


def write_base(source: Source, revision: Revision, destination: Path) -> tuple[str, ...]:
    """Its files as committed, into a new folder; what was left out, one line each. Raises UsageError."""
    if revision.kind == "folder" and source.base != revision.identity:
        raise UsageError(f"{source.root} has changed since then", "Compare it anew, without --replay")
    found = at_commit(source, revision.identity) if revision.kind == "commit" else source
    omitted = export(found, destination).omitted
    return (*found.notes, *(f"left out of {revision.named}: {path} ({why})" for path, why in omitted.items()))


def write_candidate(
    source: Source, revision: Revision, base_tree: Path, destination: Path
) -> tuple[str, ...]:
    """The same for the candidate, where a patch is applied to a copy of base. Raises UsageError."""
    if revision.kind != "patch":
        return write_base(source, revision, destination)
    copy_tree(base_tree, destination)
    try:
        apply_patch(destination, revision.patch)
    except PatchError as error:
        raise UsageError(
            f"{revision.named} cannot be applied to base: {error}",
            "Make it against base, with git diff --no-renames",
        ) from error
    return ()


def write_release(
    package: str,
    named: str,
    destination: Path,
    *,
    python: tuple[int, int],
    platforms: tuple[str, ...],
    known: Revision | None = None,
) -> tuple[Revision, Release]:
    """A released version; with `known`, refused where the index has another file by now."""
    release = fetch_release(package, named, destination, python=python, platforms=platforms)
    if known is not None and release.sha256 != known.identity:
        raise RepoError(f"{release.file} is not the file that was compared then: its SHA-256 differs")
    return Revision(named=named, kind="release", identity=release.sha256), release


def _commit(source: Source, named: str, url: str | None) -> Revision:
    commit = _known_commit(source, named) or (_fetched(url, named) if url is not None else None)
    if commit is None:
        file = "" if Path(named).suffix not in {".patch", ".diff"} else ", nor a file of that name"
        raise UsageError(
            f"{source.name} has no revision {named!a}{file}",
            "Name a commit, a tag or a branch; git log --oneline shows them",
        )
    return Revision(named=named, kind="commit", identity=commit)


def _known_commit(source: Source, named: str) -> str | None:
    """None for what git does not know, and for what it would take for an option."""
    if not _REVISION.fullmatch(named):
        return None
    try:
        shown = run_git(["rev-parse", "--quiet", "--verify", f"{named}^{{commit}}"], cwd=source.root)
    except GitFailed:
        return None
    return shown.decode("ascii").strip()


def _fetched(url: str, named: str) -> str | None:
    """From a repository elsewhere: of its history only what is asked for is here."""
    return fetch_source(url, named).base if _REMOTE.fullmatch(named) else None


def _is_file(named: str) -> bool:
    try:
        return Path(named).is_file()
    except OSError:  # a name too long for any file
        return False


def _patch(named: str) -> Revision:
    path = Path(named)
    if not _is_file(named):
        raise UsageError(f"There is no patch {named}", "Name a file that holds a git diff against base")
    with path.open("rb") as file:
        content = file.read(LARGEST_PATCH + 1)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{named} is not UTF-8 text", "Name a file that holds a git diff") from error
    if len(content) > LARGEST_PATCH or not text.strip():
        raise UsageError(f"{named} is empty or larger than 8 MiB", "Name a file that holds a git diff")
    return Revision(named=named, kind="patch", identity=hashlib.sha256(content).hexdigest(), patch=text)
