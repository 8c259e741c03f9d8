"""The task file: found, read with limits, and trusted only as far as its author is.

A file that came with the repository was written by whoever wrote the code
under test. It may say how to build and test that code, and no more.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from hotloop.errors import UsageError

_MOST_BYTES = 1 << 20
Reader = Callable[[str], bytes | None]
"""A file of the repository by its name; None where it has no such regular file."""
_NAMES = ("hotloop.toml", "pyproject.toml")
_USERS_ONLY = frozenset({"sandbox", "prices", "allow_unknown_price"})
"""What protects the user's machine and money from the repository's author."""
_PATHS = ("workload", "dockerfile", "subdir", "import_roots", "env_files")
_BESIDE = ("workload", "dockerfile")


@dataclass(frozen=True)
class TaskFile:
    """name: as messages say it. trusted: the user named it, so it may set everything."""

    name: str
    values: dict[str, Any]
    trusted: bool


def find_task_file(read: Reader) -> TaskFile | None:
    """The repository's own: hotloop.toml, else [tool.hotloop] in pyproject.toml, else None."""
    for name in _NAMES:
        data = read(name)
        found = None if data is None else _parsed(data, name, name == "pyproject.toml")
        if found is not None:
            return _checked(TaskFile(name, found, trusted=False))
    return None


def in_folder(root: Path) -> Reader:
    """Reads regular files of `root`."""

    def read(name: str) -> bytes | None:
        path = root / name
        return _bytes(path, name) if path.is_file() and not path.is_symlink() else None

    return read


def in_commit(repository: Path, commit: str, folder: PurePosixPath) -> Reader:
    """Reads regular files of a commit, where nothing is checked out."""
    from hotloop.repos.objects import LINK, list_commit, read_blobs

    wanted = {str(folder / name) for name in _NAMES}
    entries = [one for one in list_commit(repository, commit) if one.path in wanted and one.mode != LINK]
    small = [one for one in entries if one.size <= _MOST_BYTES]
    contents = {one.path: data for one, data in read_blobs(repository, small)}
    return lambda name: contents.get(str(folder / name))


def read_task_file(path: Path) -> TaskFile:
    """The one that `--task` names. Files it names may lie beside it, else in the repository."""
    if not path.is_file():
        raise UsageError(f"No such task file: {path}", "Check --task")
    values = _parsed(_bytes(path, str(path)), str(path), path.name == "pyproject.toml")
    if values is None:
        raise UsageError(f"{path} has no [tool.hotloop]", "Add that table, or name another file")
    near = {key: _near(path.parent, values[key]) for key in _BESIDE if isinstance(values.get(key), str)}
    return TaskFile(str(path), values | near, trusted=True)


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known word that was probably meant; a higher `cutoff` lets only slips of the fingers pass."""
    close = difflib.get_close_matches(word.replace("-", "_").lower(), list(known), n=1, cutoff=cutoff)
    return close[0] if close else None


def _bytes(path: Path, name: str) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}", "Check its permissions") from error
    if len(data) > _MOST_BYTES:
        raise UsageError(f"{name} is larger than {_MOST_BYTES} bytes", "Shorten it")
    return data


def _parsed(data: bytes, name: str, is_pyproject: bool) -> dict[str, Any] | None:
    try:
        values = tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{name} is not valid TOML: {error}", "Mend that line") from error
    return _table(values, name) if is_pyproject else values


def _table(values: dict[str, Any], name: str) -> dict[str, Any] | None:
    tool = values.get("tool", {})
    found = tool.get("hotloop") if isinstance(tool, dict) else None
    if found is not None and not isinstance(found, dict):
        raise UsageError(f"{name}: tool.hotloop is not a table", "Write it as [tool.hotloop]")
    return found


def _checked(file: TaskFile) -> TaskFile:
    for key in file.values:
        if key in _USERS_ONLY:
            raise UsageError(
                f"{file.name} sets {key!r}, which a repository may not choose for its user",
                f"Remove it, or name the file yourself: --task {file.name}",
            )
    for key in _PATHS:
        for path in _strings(file.values.get(key)):
            if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
                raise UsageError(
                    f"{file.name}: {key} leaves the repository: {path!r}", "Name a path inside it"
                )
    return file


def _strings(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, str)]


def _near(folder: Path, named: str) -> str:
    place = folder / named
    return str(place.resolve()) if place.is_file() else named
