"""Read a patch strictly: whatever this grammar does not know is refused.

Git's own reader is lenient (it skips text between files, guesses names, takes
renames, modes, links and binary hunks); a patch from a model gets less.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from hotloop.repos.errors import PatchError
from hotloop.repos.paths import path_problem

LARGEST_PATCH = 8 << 20  # characters

_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@(?: .*)?$")
_INDEX = re.compile(r"^index [0-9a-f]{4,64}\.\.[0-9a-f]{4,64}(?: 100(?:644|755))?$")
_MODE = re.compile(r"^(new|deleted) file mode 100(?:644|755)$")
_ESCAPE = re.compile(rb'\\([0-7]{3}|[abtnvfr"\\])')
_ESCAPED = {b"a": 7, b"b": 8, b"t": 9, b"n": 10, b"v": 11, b"f": 12, b"r": 13, b'"': 34, b"\\": 92}
_REFUSED = {
    "old mode": "changes a file's mode",
    "new mode": "changes a file's mode",
    "new file mode 120000": "makes a symbolic link",
    "deleted file mode 120000": "deletes a symbolic link",
    "new file mode 160000": "adds a submodule",
    "deleted file mode 160000": "removes a submodule",
    "rename ": "renames a file",
    "copy ": "copies a file",
    "similarity ": "renames or copies a file",
    "dissimilarity ": "rewrites a file by similarity",
    "GIT binary patch": "holds binary data",
    "Binary files": "holds binary data",
}

Kind = Literal["modified", "added", "deleted"]


@dataclass(frozen=True)
class FileChange:
    """What a patch does to one file.

    added, removed: how many lines. old_lines, new_lines: their numbers, from 1,
    in the file before and after. executable: it is added with that bit set.
    """

    path: str
    kind: Kind
    old_lines: tuple[int, ...] = ()
    new_lines: tuple[int, ...] = ()
    executable: bool = False

    @property
    def added(self) -> int:
        return len(self.new_lines)

    @property
    def removed(self) -> int:
        return len(self.old_lines)


def parse_patch(patch: str) -> tuple[FileChange, ...]:
    """What `patch` does, file by file. Raises PatchError for anything but text changes of named files."""
    if len(patch) > LARGEST_PATCH:
        raise PatchError("the patch is larger than 8 MiB")
    if "\0" in patch:
        raise PatchError("the patch holds binary data")
    lines = _Lines(patch)
    changes = []
    while lines.more():
        changes.append(_file(lines))
    if not changes:
        raise PatchError("the patch changes nothing")
    paths = [change.path for change in changes]
    if len(set(paths)) != len(paths):
        raise PatchError("the patch names a file twice")
    return tuple(changes)


class _Lines:
    """A patch's lines, cut at line feeds only: carriage returns belong to the content."""

    def __init__(self, patch: str) -> None:
        self._lines = patch.split("\n")
        if self._lines[-1] != "":
            raise PatchError("the patch is cut off: its last line has no end")
        self._lines.pop()
        self._next = 0
        self.file = ""

    def more(self) -> bool:
        return self._next < len(self._lines)

    def peek(self) -> str:
        return self._lines[self._next] if self.more() else ""

    def take(self) -> str:
        if not self.more():
            raise PatchError("the patch is cut off")
        self._next += 1
        return self._lines[self._next - 1]

    def fail(self, reason: str) -> PatchError:
        place = f"{self.file!a}: " if self.file else ""
        return PatchError(f"{place}line {self._next} of the patch {reason}")


def _file(lines: _Lines) -> FileChange:
    lines.file = ""
    path = lines.file = _header_path(lines)
    kind, executable = _kind(lines)
    old: list[int] = []
    new: list[int] = []
    if lines.peek().startswith("--- "):
        _check_name(lines, "--- ", "a/", path, absent=kind == "added")
        _check_name(lines, "+++ ", "b/", path, absent=kind == "deleted")
        if not lines.peek().startswith("@@ "):
            lines.take()
            raise lines.fail("should start a hunk")
        while lines.peek().startswith("@@ "):
            _hunk(lines, old, new)
    elif kind == "modified":
        raise lines.fail("is followed by no change")
    return FileChange(path, kind, tuple(old), tuple(new), executable)


def _header_path(lines: _Lines) -> str:
    line = lines.take()
    if not line.startswith("diff --git "):
        raise lines.fail(_refusal(line) or "should start with 'diff --git'")
    names = line.removeprefix("diff --git ")
    for first, second in _splits(names):
        path = _name(first, "a/")
        if path is not None and path == _name(second, "b/"):
            problem = path_problem(path)
            if problem:
                raise PatchError(f"{path!a}: {problem}")
            return path
    raise lines.fail("names two different files, or none below a/ and b/")


def _splits(names: str) -> Iterator[tuple[str, str]]:
    """Both names are equal but for the prefix, hence equally long, spaces or not."""
    middle = len(names) // 2
    if len(names) % 2 and names[middle] == " ":
        yield names[:middle], names[middle + 1 :]


def _name(text: str, prefix: str) -> str | None:
    """A file's name as git writes it, perhaps in C quotes; None when it is not below `prefix`."""
    if text.startswith('"'):
        if len(text) < 2 or not text.endswith('"'):
            return None
        text = _unquote(text[1:-1])
    return text.removeprefix(prefix) if text.startswith(prefix) else None


def _unquote(text: str) -> str:
    raw = _ESCAPE.sub(lambda m: bytes([_ESCAPED.get(m[1]) or int(m[1], 8) & 255]), text.encode())
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise PatchError("a file's name is not UTF-8") from error


def _kind(lines: _Lines) -> tuple[Kind, bool]:
    """What becomes of a file, and whether it is added as an executable."""
    kind: Kind = "modified"
    executable = False
    while lines.more() and not lines.peek().startswith(("--- ", "diff --git ")):
        line = lines.take()
        mode = _MODE.match(line)
        if mode and kind == "modified":
            kind = "added" if mode[1] == "new" else "deleted"
            executable = line == "new file mode 100755"
        elif not _INDEX.match(line):
            raise lines.fail(_refusal(line) or "is not one of a patch's header")
    return kind, executable


def _refusal(line: str) -> str | None:
    return next((reason for start, reason in _REFUSED.items() if line.startswith(start)), None)


def _check_name(lines: _Lines, mark: str, prefix: str, path: str, *, absent: bool) -> None:
    line = lines.take()
    if not line.startswith(mark):
        raise lines.fail(f"should start with '{mark.strip()}'")
    shown = line.removeprefix(mark).removesuffix("\t")
    if absent and shown == "/dev/null":
        return
    if absent or _name(shown, prefix) != path:
        raise lines.fail("names another file than the header")


def _hunk(lines: _Lines, old: list[int], new: list[int]) -> None:
    match = _HUNK.match(lines.take())
    if match is None:
        raise lines.fail("is not a hunk's header")
    at_old, old_left, at_new, new_left = (int(group) if group is not None else 1 for group in match.groups())
    while old_left > 0 or new_left > 0:
        mark = lines.take()[:1]
        if mark not in {" ", "+", "-", "\\"}:
            raise lines.fail("should start with a space, + or -")
        if mark in {" ", "-"}:
            old += [at_old] if mark == "-" else []
            at_old, old_left = at_old + 1, old_left - 1
        if mark in {" ", "+"}:
            new += [at_new] if mark == "+" else []
            at_new, new_left = at_new + 1, new_left - 1
    if old_left < 0 or new_left < 0:
        raise lines.fail("exceeds its hunk")
    if lines.peek().startswith("\\"):
        lines.take()
