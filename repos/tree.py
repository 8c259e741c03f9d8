"""Trees: checked-out copies of a repository's files, without `.git`."""

from __future__ import annotations

import fcntl
import os
import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hotloop.repos.errors import RepoError
from hotloop.repos.objects import EXECUTABLE, GITLINK, LINK, Entry, list_commit, read_blobs
from hotloop.repos.source import Source
from hotloop.repos.walk import Found, tree_hash, walk

MTIME = 946_684_800  # 2000-01-01: one time for all files, and late enough for zip files
_FICLONE = 0x40049409  # ioctl_ficlone(2)

__all__ = ["Export", "copy_tree", "export", "tree_hash"]


@dataclass(frozen=True)
class Export:
    """A tree as written. omitted: paths left out, each with the reason."""

    tree: Path
    omitted: dict[str, str]


def export(source: Source, destination: Path) -> Export:
    """Write the base's files into `destination`, which is made and must be empty.

    Modes and safe links are kept, every mtime is `MTIME`, `__pycache__` is left
    out. Raises RepoError when the repository cannot be read.
    """
    destination.mkdir(parents=True, exist_ok=True)
    if any(destination.iterdir()):
        raise RepoError(f"{destination} is not empty")
    omitted = _export_commit(source, destination) if source.is_git else _copy(source.root, destination)
    _settle(destination)
    return Export(destination, omitted)


def copy_tree(tree: Path, destination: Path) -> Path:
    """An independent copy of `tree` (shared blocks where the file system can); returns `destination`."""
    destination.mkdir(parents=True)
    omitted = _copy(tree, destination)
    if omitted:
        raise RepoError(f"{tree} holds what a tree may not: {omitted}")
    _settle(destination)
    return destination


def _export_commit(source: Source, destination: Path) -> dict[str, str]:
    omitted: dict[str, str] = {}
    wanted = []
    for entry in list_commit(source.root, source.base):
        reason = _unfit(entry.path, entry.mode)
        if reason is None:
            wanted.append(entry)
        elif reason:
            omitted[entry.path] = reason
    for entry, content in read_blobs(source.root, wanted):
        place = destination / entry.path
        try:
            _write(place, content, entry, omitted)
        except (FileExistsError, NotADirectoryError) as error:
            raise RepoError(f"the commit holds {entry.path!a} twice") from error
    return omitted


def _unfit(path: str, mode: int) -> str | None:
    """Why a commit's entry is not written; an empty reason is not worth a word."""
    parts = path.split("/")
    if "__pycache__" in parts:
        return ""
    if mode == GITLINK:
        return "a submodule"
    if any(part.casefold() == ".git" or part in {"", ".", ".."} for part in parts):
        return "the path steers git or leaves the tree"
    return None


def _write(place: Path, content: bytes, entry: Entry, omitted: dict[str, str]) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    if entry.mode == LINK:
        _link(place, os.fsdecode(content), entry.path, omitted)
        return
    with place.open("xb") as file:
        file.write(content)
    place.chmod(0o755 if entry.mode == EXECUTABLE else 0o644)


def _link(place: Path, target: str, path: str, omitted: dict[str, str]) -> None:
    if not stays_inside(path, target):
        omitted[path] = "a symbolic link that leaves the tree"
        return
    place.symlink_to(target)


def stays_inside(path: str, target: str) -> bool:
    """Whether a link at `path` to `target` is relative and cannot lead out of the tree.

    `..` counts only at the front: after a name it would be resolved through
    whatever link that name is, and lead elsewhere than it reads.
    """
    pure = PurePosixPath(target)
    if not target or pure.is_absolute():
        return False
    climbs = 0
    while climbs < len(pure.parts) and pure.parts[climbs] == "..":
        climbs += 1
    depth = path.count("/")
    return climbs <= depth and not {"..", ".git"} & set(pure.parts[climbs:])


def _copy(tree: Path, destination: Path) -> dict[str, str]:
    omitted: dict[str, str] = {}
    for thing in walk(tree):
        place = destination / thing.path
        if thing.kind == "folder":
            place.mkdir()
        elif thing.kind == "link":
            _link(place, os.readlink(tree / thing.path), thing.path, omitted)  # noqa: PTH115 - Path.readlink drops a trailing slash
        elif thing.kind == "file":
            _clone(tree / thing.path, place, thing)
        else:
            omitted[thing.path] = "neither a file, a folder nor a link"
    return omitted


def _clone(original: Path, place: Path, thing: Found) -> None:
    """Share the blocks until either is written to; where that cannot be, copy them."""
    with original.open("rb") as reading, place.open("xb") as writing:
        try:
            fcntl.ioctl(writing.fileno(), _FICLONE, reading.fileno())
        except OSError:  # another file system, or one that cannot share
            shutil.copyfileobj(reading, writing, 1 << 20)
    place.chmod(0o755 if thing.executable else 0o644)


def _settle(tree: Path) -> None:
    """One mtime for everything, so that a tree does not tell when it was made."""
    for thing in walk(tree):
        os.utime(tree / thing.path, (MTIME, MTIME), follow_symlinks=False)
    os.utime(tree, (MTIME, MTIME))
