"""Read a commit's files straight from git's object store.

No checkout and no `git archive`: both obey attributes of the repository
(filters, line-end conversion, export-ignore), so that what comes out would
not be what was committed.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from hotloop.repos.errors import RepoError
from hotloop.repos.git import hardened_environment, run_git

LINK = 0o120000
GITLINK = 0o160000
EXECUTABLE = 0o100755


@dataclass(frozen=True)
class Entry:
    """A file of a commit. size: bytes; 0 for a submodule. path: `/`-separated, surrogateescape."""

    path: str
    mode: int
    oid: str
    size: int


def list_commit(repository: Path, commit: str) -> list[Entry]:
    """All files of `commit`, submodules too."""
    listed = run_git(["ls-tree", "-r", "-l", "-z", "--full-tree", commit], cwd=repository)
    return [_entry(line) for line in listed.split(b"\0") if line]


def _entry(line: bytes) -> Entry:
    facts, _, path = line.partition(b"\t")
    mode, _, oid, size = facts.decode("ascii").split()
    return Entry(path.decode("utf-8", "surrogateescape"), int(mode, 8), oid, 0 if size == "-" else int(size))


def read_blobs(repository: Path, entries: Sequence[Entry]) -> Iterator[tuple[Entry, bytes]]:
    """Each entry with its content, exactly as committed. Raises RepoError when one is missing."""
    with subprocess.Popen(
        ["git", "cat-file", "--batch"],
        cwd=repository,
        env=hardened_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise RepoError("git cat-file has no pipes")
        for entry in entries:
            process.stdin.write(entry.oid.encode() + b"\n")
            process.stdin.flush()
            yield entry, _read_blob(process.stdout, entry)
        process.stdin.close()


def _read_blob(pipe: IO[bytes], entry: Entry) -> bytes:
    header = pipe.readline().split()
    if len(header) != 3 or header[1] != b"blob":
        raise RepoError(f"the repository lacks the content of {entry.path!a}; git fsck tells more")
    content = pipe.read(int(header[2]))
    pipe.read(1)
    return content
