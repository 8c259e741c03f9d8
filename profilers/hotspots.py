"""Which functions of the tree matter, read from a profile. Pure functions.

Frames name code objects; a hotspot is a function as its source names it.
Comprehensions and lambdas count as the function around them, and library code
counts as the line of the tree that called it: those are what one can edit.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path

from hotloop.profilers.profile import Frame, Hotspot, Profile

WHOLE = 0.999
BOUND_LIMIT = 1000.0


@dataclass(frozen=True)
class Definition:
    """A function in a source file: its dotted name and first line; "<module>" outside any."""

    file: str
    name: str
    line: int

    @property
    def label(self) -> str:
        return f"{self.file}:{self.name}"


def enclosing_definitions(source: str) -> Callable[[int], tuple[str, int]]:
    """From a line number to the innermost `def` around it, as (dotted name, first line)."""
    spans: list[tuple[int, int, str]] = []

    def visit(node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            inner = prefix
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                inner = f"{prefix}{child.name}."
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                first = min([child.lineno, *(decorator.lineno for decorator in child.decorator_list)])
                spans.append((first, child.end_lineno or child.lineno, f"{prefix}{child.name}"))
            visit(child, inner)

    try:
        visit(ast.parse(source), "")
    except (SyntaxError, ValueError, RecursionError):
        return lambda line: ("<module>", 1)

    @cache
    def find(line: int) -> tuple[str, int]:
        around = [(last - first, name, first) for first, last, name in spans if first <= line <= last]
        return min(around)[1:] if around else ("<module>", 1)

    return find


class Sources:
    """The tree's source files, read once."""

    def __init__(self, tree: Path) -> None:
        self._tree = tree
        self._finders: dict[str, Callable[[int], tuple[str, int]]] = {}

    def definition(self, frame: Frame) -> Definition:
        if frame.file not in self._finders:
            path = self._tree / frame.file
            text = path.read_text("utf-8", "replace") if path.is_file() else ""
            self._finders[frame.file] = enclosing_definitions(text)
        name, line = self._finders[frame.file](frame.line)
        return Definition(frame.file, name, line)


@dataclass
class Tally:
    """Weights of one function, summed over stacks."""

    own: float = 0.0
    whole: float = 0.0
    lines: defaultdict[int, float] = field(default_factory=lambda: defaultdict(float))
    callers: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    def hotspot(self, definition: Definition, total: float, calls: int | None) -> Hotspot:
        return Hotspot(
            function=definition.name,
            file=definition.file,
            line=definition.line,
            self_share=self.own / total,
            total_share=self.whole / total,
            bound=amdahl_bound(self.whole / total),
            calls=calls,
            lines={line: cost / total for line, cost in sorted(self.lines.items())},
            callers=tuple(sorted(self.callers, key=lambda label: -self.callers[label])[:5]),
        )


def hotspots(profile: Profile, tree: Path, excluded: frozenset[str] = frozenset()) -> list[Hotspot]:
    """Functions of the tree by how much they matter, most first.

    excluded: files, relative to the tree, that may not be edited (the workload).
    Ranked by the mean of own and total share: own time alone misses functions
    that ask for too much work, total alone puts thin wrappers first.
    """
    sources, total = Sources(tree), profile.total or 1.0
    tallies: defaultdict[Definition, Tally] = defaultdict(Tally)
    for stack in profile.stacks:
        inside = [frame for frame in stack.frames if frame.in_tree and frame.file not in excluded]
        if inside:
            _add([(sources.definition(frame), frame.line) for frame in inside], stack.weight, tallies)
    found = [
        tally.hotspot(definition, total, profile.calls.get(f"{definition.file}:{definition.line}"))
        for definition, tally in tallies.items()
    ]
    return sorted(found, key=lambda spot: (-(spot.self_share + spot.total_share), spot.file, spot.line))


def _add(path: list[tuple[Definition, int]], weight: float, tallies: defaultdict[Definition, Tally]) -> None:
    """One stack; a recursive function counts once, at its innermost line."""
    tallies[path[-1][0]].own += weight
    for definition, line in dict(path).items():
        tallies[definition].whole += weight
        tallies[definition].lines[line] += weight
    for (caller, _), (callee, _) in pairwise(path):
        if caller != callee:
            tallies[callee].callers[caller.label] += weight


def amdahl_bound(share: float) -> float:
    """Speedup of the whole if a part of `share` cost nothing: 1/(1 - share), at most 1000.

    Amdahl, "Validity of the single processor approach", AFIPS 30, 1967.
    """
    return min(BOUND_LIMIT, 1.0 / (1.0 - share)) if share < WHOLE else BOUND_LIMIT
