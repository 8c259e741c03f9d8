"""Hot source with the share of the time in front of each line, cut to what a prompt can hold."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hotloop.agent.state import Hotspot
from hotloop.profilers.definitions import enclosing_definitions
from hotloop.repos.errors import EditError
from hotloop.repos.texts import read_text

_AROUND = 2
_AROUND_HOT_LINE = 15
_LONGEST_FUNCTION = 150
_LONGEST_LINE = 1000
_MOST_IMPORT_LINES = 40
_IMPORT = re.compile(r"(?:import|from)\s")
_CLASS = re.compile(r"(?P<indent>\s*)class\s")


@dataclass
class _File:
    lines: list[str]
    definition: Callable[[int], tuple[str, int]]
    wanted: set[int] = field(default_factory=set)
    shares: dict[int, float] = field(default_factory=lambda: defaultdict(float))

    def size(self, numbers: Iterable[int]) -> int:
        return sum(len(_shown(self.lines[number - 1])) + 16 for number in numbers)


def listing(tree: Path, hotspots: Sequence[Hotspot], limit: int) -> list[str]:
    """The source of `hotspots`, within about `limit` characters: one text a file, its path first.

    A function that no longer fits is left out, and smaller ones after it may
    still be shown. Files that are no UTF-8 text are left out.
    """
    files: dict[str, _File] = {}
    left = limit
    for spot in hotspots:
        file = files.get(spot.file) or _open(tree, spot.file)
        if file is None:
            continue
        new = _lines_of(spot, file) - file.wanted
        cost = file.size(new)
        if cost > left:
            continue
        left -= cost
        files[spot.file] = file
        file.wanted |= new
        for number, share in spot.lines.items():
            file.shares[number] = max(file.shares[number], share)
    return [f"{path}\n{_render(file)}" for path, file in files.items()]


def _open(tree: Path, path: str) -> _File | None:
    try:
        text = read_text(tree, path)
    except EditError:
        return None
    return _File([line.removesuffix("\r") for line in text.split("\n")], enclosing_definitions(text))


def _lines_of(spot: Hotspot, file: _File) -> set[int]:
    """Numbers of the lines that show `spot`: its function, its class's head, the file's imports."""
    last = len(file.lines)
    body = _body(spot, file)
    hot = {number for number in spot.lines if 1 <= number <= last}
    if len(body) > _LONGEST_FUNCTION or not body:
        body = {spot.line, *_near(hot, _AROUND_HOT_LINE if body else _AROUND)}
    around = _near(body, _AROUND) | _class_head(min(body), file.lines) | _imports(file.lines)
    return {number for number in around if 1 <= number <= last}


def _body(spot: Hotspot, file: _File) -> set[int]:
    """The lines of the function, with functions nested in it; nothing for module level code."""
    own = [n for n in range(1, len(file.lines) + 1) if file.definition(n) == (spot.function, spot.line)]
    return set(range(own[0], own[-1] + 1)) if own and spot.function != "<module>" else set()


def _near(numbers: Iterable[int], distance: int) -> set[int]:
    return {near for number in numbers for near in range(number - distance, number + distance + 1)}


def _class_head(first: int, lines: list[str]) -> set[int]:
    """The line of the class around line `first`, if there is one."""
    line = lines[first - 1] if 0 < first <= len(lines) else ""
    indent = len(line) - len(line.lstrip())
    for number in range(first - 1, 0, -1):
        head = _CLASS.match(lines[number - 1])
        if head and len(head["indent"]) < indent:
            return {number}
    return set()


def _imports(lines: list[str]) -> set[int]:
    """Top-level imports, with the lines that one in parentheses goes on for."""
    found: set[int] = set()
    is_open = False
    for number, line in enumerate(lines, 1):
        if is_open or _IMPORT.match(line):
            found.add(number)
            is_open = ")" not in line and (is_open or "(" in line)
        if len(found) >= _MOST_IMPORT_LINES:
            break
    return found


def _render(file: _File) -> str:
    shown: list[str] = []
    before = 0
    for number in sorted(file.wanted):
        if number != before + 1:
            shown.append("   …")
        share = file.shares.get(number, 0.0)
        mark = f"{share:6.1%}" if share >= 0.001 else " " * 6
        shown.append(f"{mark} {number:5d} | {_shown(file.lines[number - 1])}")
        before = number
    if before < len(file.lines):
        shown.append("   …")
    return "\n".join(shown)


def _shown(line: str) -> str:
    return line if len(line) <= _LONGEST_LINE else f"[a line of {len(line)} characters]"
