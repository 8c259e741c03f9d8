"""Folders as values: their content's hash, copies, and their removal."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from hotloop.sandboxes.errors import SandboxError
from hotloop.sandboxes.locks import locked
from hotloop.sandboxes.overlay import find, release

CACHE = "__pycache__"


def tree_digest(tree: Path) -> str:
    """SHA-256 over names, kinds, executable bits and contents; not times, owners or bytecode."""
    digest = hashlib.sha256()
    for path in _entries(tree):
        if CACHE in path.relative_to(tree).parts:
            continue
        mode = path.lstat().st_mode
        digest.update(os.fsencode(path.relative_to(tree)) + b"\0")
        if stat.S_ISLNK(mode):
            digest.update(b"link\0" + os.fsencode(path.readlink()) + b"\0")
        elif stat.S_ISREG(mode):
            digest.update(
                b"file\0" + (b"x" if mode & 0o100 else b"-") + hashlib.sha256(path.read_bytes()).digest()
            )
        else:
            digest.update(b"other\0")
    return digest.hexdigest()


def _entries(tree: Path) -> Iterator[Path]:
    for path in sorted(tree.iterdir()):
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from _entries(path)


def copy_tree(source: Path, target: Path) -> None:
    """A copy that shares nothing with its source; links stay links, bytecode is left out."""
    shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns(CACHE))


def remove_tree(folder: Path) -> None:
    """Remove a folder whose permissions untrusted code may have set, and what we mounted in it.

    Raises SandboxError.
    """
    if not folder.is_dir():
        return
    release(folder)
    try:
        _open_closed_folders(folder)
        shutil.rmtree(folder)
    except OSError as error:
        raise SandboxError(f"cannot remove {folder}: {error}") from error


def _open_closed_folders(folder: Path) -> None:
    """Give ourselves back the permissions that removal needs, from the top down."""
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            if not os.access(entry.path, os.R_OK | os.W_OK | os.X_OK, effective_ids=True):
                Path(entry.path).chmod(0o700)
            _open_closed_folders(Path(entry.path))


def refuse_git(tree: Path) -> None:
    """Raise SandboxError for a tree that would show its history to what runs in it."""
    if (tree / ".git").exists():
        raise SandboxError(f"{tree} holds .git, which must stay outside every sandbox")
    if not tree.is_dir():
        raise SandboxError(f"{tree} is not a folder")


def readable_copy(source: Path, parent: Path) -> Path:
    """A copy that any user may read, made once for the same content."""
    target = parent / tree_digest(source)[:16]
    with locked(parent / f"{target.name}.lock"):
        if not (parent / f"{target.name}.complete").exists():
            remove_tree(target)
            copy_tree(source, target)
            make_readable(target)
            (parent / f"{target.name}.complete").write_text("")
    return target


def _changed(folder: Path) -> Iterator[Path]:
    """All in it; of an overlay only what is not as in the tree below, which was made ready before."""
    found = find(folder)
    if found is None:
        yield from _entries(folder)
    else:
        yield from (folder / path for path in found.changed())


def make_readable(folder: Path) -> None:
    """Add the permissions to read files and enter folders, for everyone; links are left alone."""
    for path in [folder, *_changed(folder)]:
        mode = path.lstat().st_mode
        wanted = 0o555 if stat.S_ISDIR(mode) or mode & 0o100 else 0o444
        if not stat.S_ISLNK(mode) and mode & wanted != wanted:
            path.chmod(stat.S_IMODE(mode) | wanted)


def give_to(folder: Path, uid: int, gid: int) -> None:
    """Change the owner of all in it, links themselves included."""
    for path in [folder, *_changed(folder)]:
        os.chown(path, uid, gid, follow_symlinks=False)
