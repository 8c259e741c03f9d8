"""Folders as values: their content's hash, copies, and their removal."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from hotloop.sandboxes.errors import SandboxError


def tree_digest(tree: Path) -> str:
    """SHA-256 over names, kinds, executable bits and contents; times and owners do not count."""
    digest = hashlib.sha256()
    for path in _entries(tree):
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
    """A copy that shares nothing with its source; links stay links."""
    shutil.copytree(source, target, symlinks=True)


def remove_tree(folder: Path) -> None:
    """Remove a folder whose permissions untrusted code may have set. Raises SandboxError."""
    if not folder.is_dir():
        return
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
