"""Unpack a wheel as a tree, trusting nothing in it, and read what it requires.

The format is that of the "Binary distribution format" of packaging.python.org: a zip
file whose top is the import root, with `NAME-VERSION.dist-info`, and in
`NAME-VERSION.data` what belongs elsewhere.
"""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from packaging.metadata import parse_email
from packaging.requirements import InvalidRequirement, Requirement

from hotloop.repos.errors import RepoError
from hotloop.repos.paths import path_problem

MOST_FILES = 50_000
MOST_BYTES = 2 << 30
_MOST_METADATA = 4 << 20
_CHUNK = 1 << 20
_IMPORTABLE = ("purelib", "platlib")
_EXTRA = re.compile(r"\bextra\b")


def unpack_wheel(wheel: Path, destination: Path) -> None:
    """Write the wheel's importable files, and its metadata, below `destination`.

    Scripts, headers and data files are left out. Raises RepoError for what is no
    wheel, for names that lead elsewhere, links, and contents past the limits.
    """
    destination.mkdir(parents=True, exist_ok=True)
    try:
        with zipfile.ZipFile(wheel) as archive:
            _extract(archive, destination, wheel.name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise RepoError(f"{wheel.name} is not a whole zip file: {error}") from error
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise RepoError(f"{wheel.name} holds two things of one name") from error


def _extract(archive: zipfile.ZipFile, destination: Path, name: str) -> None:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > MOST_FILES:
        raise RepoError(f"{name} holds more than {MOST_FILES:,} files")
    left = MOST_BYTES
    for entry in entries:
        path = _place_of(entry, name)
        if path is not None:
            left -= _write(archive, entry, destination / path, left, name)


def _place_of(entry: zipfile.ZipInfo, name: str) -> PurePosixPath | None:
    """Where an entry belongs below the import root; None for what is not imported."""
    problem = path_problem(entry.filename)
    mode = entry.external_attr >> 16
    if problem is None and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        problem = "it is a link or a special file"
    if problem is None and entry.flag_bits & 1:
        problem = "it is encrypted"
    if problem is not None:
        raise RepoError(f"{name}: {entry.filename[:200]!a}: {problem}")
    path = PurePosixPath(entry.filename)
    if "__pycache__" in path.parts:
        return None
    if not path.parts[0].endswith(".data"):
        return path
    importable = len(path.parts) > 2 and path.parts[1] in _IMPORTABLE
    return PurePosixPath(*path.parts[2:]) if importable else None


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, place: Path, left: int, name: str) -> int:
    """Bytes written. What an entry says of its size is not believed."""
    place.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with archive.open(entry) as reading, place.open("xb") as writing:
        while chunk := reading.read(_CHUNK):
            written += len(chunk)
            if written > left:
                raise RepoError(f"{name} unpacks to more than {MOST_BYTES >> 20} MiB")
            writing.write(chunk)
    place.chmod(0o755 if (entry.external_attr >> 16) & stat.S_IXUSR else 0o644)
    return written


def requirements(tree: Path) -> tuple[str, ...]:
    """What the unpacked wheel at `tree` needs from elsewhere, without its extras.

    Raises RepoError when its metadata is missing, malformed or names a place to fetch from.
    """
    found = sorted(tree.glob("*.dist-info/METADATA"))
    if len(found) != 1 or found[0].stat().st_size > _MOST_METADATA:
        raise RepoError("the wheel has no metadata of its own")
    raw, _ = parse_email(found[0].read_bytes())
    return tuple(_plain(raw.get("requires_dist", [])))


def _plain(lines: list[str]) -> Iterator[str]:
    for line in lines:
        try:
            requirement = Requirement(line)
        except InvalidRequirement as error:
            raise RepoError(f"the wheel's metadata has a malformed requirement: {line[:200]!a}") from error
        if requirement.url is not None:
            raise RepoError(f"the wheel requires a file from elsewhere: {line[:200]!a}")
        if requirement.marker is None or not _EXTRA.search(str(requirement.marker)):
            yield str(requirement)
