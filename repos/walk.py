"""The files of a tree, in one order, and the hash of them all."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

_NOT_SOURCE = frozenset({".git", ".hotloop", "__pycache__"})

Kind = Literal["file", "link", "folder", "other"]


@dataclass(frozen=True)
class Found:
    """One thing in a tree. size: bytes, of a file only. executable: by its owner."""

    path: str
    kind: Kind
    size: int
    executable: bool


def is_source(name: str) -> bool:
    """Whether `walk` would show what is called so."""
    return name not in _NOT_SOURCE


def walk(tree: Path) -> Iterator[Found]:
    """Everything below `tree`, sorted, links not followed.

    Left out: `.git`, `.hotloop` and `__pycache__`, which are not the project's source.
    """
    yield from _walk(tree, "")


def _walk(folder: Path, prefix: str) -> Iterator[Found]:
    with os.scandir(folder) as entries:
        found = sorted((entry for entry in entries if is_source(entry.name)), key=lambda e: e.name)
    for entry in found:
        thing = _found(entry, prefix)
        yield thing
        if thing.kind == "folder":
            yield from _walk(folder / entry.name, f"{thing.path}/")


def _found(entry: os.DirEntry[str], prefix: str) -> Found:
    status = entry.stat(follow_symlinks=False)
    kind = _KINDS.get(stat.S_IFMT(status.st_mode), "other")
    executable = kind == "file" and bool(status.st_mode & stat.S_IXUSR)
    return Found(prefix + entry.name, kind, status.st_size if kind == "file" else 0, executable)


_KINDS: dict[int, Kind] = {stat.S_IFREG: "file", stat.S_IFLNK: "link", stat.S_IFDIR: "folder"}


def tree_hash(tree: Path) -> str:
    """SHA-256 (hex) of all paths, kinds, executable bits and contents; mtimes do not count."""
    total = hashlib.sha256()
    for thing in walk(tree):
        place = tree / thing.path
        head = f"{thing.kind}\0{thing.executable:d}\0".encode() + os.fsencode(thing.path)
        total.update(len(head).to_bytes(8, "big") + head + _content_hash(place, thing.kind))
    return total.hexdigest()


def _content_hash(place: Path, kind: Kind) -> bytes:
    if kind == "link":
        return hashlib.sha256(os.fsencode(place.readlink())).digest()
    if kind == "file":
        with place.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    return b""
