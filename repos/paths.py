"""Which paths a patch or an edit may name at all."""

from __future__ import annotations

import stat
from pathlib import Path

_LONGEST = 1024
_STEERS_GIT = {".git", "git~1", ".gitattributes", ".gitmodules"}


def path_problem(path: str) -> str | None:
    """Why `path` (relative to a tree, with `/`) may not be named; None if it may."""
    if not path or len(path) > _LONGEST:
        return "the path is empty or too long"
    if not path.isprintable():
        return "the path holds control characters"
    if path.startswith("/") or "\\" in path:
        return "the path must be relative to the repository's root, with /"
    parts = path.split("/")
    if any(part in {"", ".", ".."} for part in parts):
        return "the path must not hold empty parts, . or .."
    if any(part.casefold().rstrip(" .") in _STEERS_GIT for part in parts):
        return "the path is one that steers git"
    return None


def link_in_path(tree: Path, path: str) -> bool:
    """Whether `path`, or a folder on the way to it, is a symbolic link in `tree`."""
    place = tree
    for part in path.split("/"):
        place = place / part
        if place.is_symlink():
            return True
    return False


def is_regular(path: Path) -> bool:
    """Whether `path` itself, links not followed, is a regular file."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
