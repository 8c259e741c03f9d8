"""Find Git LFS pointers: files whose content is elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hotloop.repos.objects import GITLINK, LINK, Entry, read_blobs
from hotloop.repos.walk import walk

_POINTER = b"version https://git-lfs.github.com/spec/v1\n"
_LARGEST = 1024  # bytes; the specification (git-lfs docs/spec.md) says a pointer is smaller
_NEEDS = b"oid sha256:"


def lfs_pointers(repository: Path, entries: Sequence[Entry]) -> list[str]:
    """Paths of the pointers among a commit's files."""
    small = [e for e in entries if e.mode not in (LINK, GITLINK) and len(_POINTER) < e.size < _LARGEST]
    return [entry.path for entry, content in read_blobs(repository, small) if _is_pointer(content)]


def lfs_pointers_in_folder(folder: Path) -> list[str]:
    """Paths of the pointers among a folder's files."""
    small = [f for f in walk(folder) if f.kind == "file" and len(_POINTER) < f.size < _LARGEST]
    return [file.path for file in small if _is_pointer((folder / file.path).read_bytes())]


def _is_pointer(content: bytes) -> bool:
    return content.startswith(_POINTER) and _NEEDS in content
