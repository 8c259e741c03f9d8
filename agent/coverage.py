"""Which tests cover a change, and which of its lines nothing runs.

A test that enters no changed function at base cannot reach a change inside functions: up to
there it does the same on both sides. So the tests that enter one are all that matter here.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hotloop.agent.reach import FunctionNode, functions_of
from hotloop.repos.diff import parse_patch
from hotloop.repos.paths import is_regular
from hotloop.repos.suites import Traced

FEW_SECONDS = 5.0
SHARE = 0.25
"""Of the suite's time that the tests which run first may take in the search."""

Spans = dict[str, list[range]]
Lines = dict[str, frozenset[int]]


@dataclass(frozen=True)
class Changed:
    """spans: lines of base, by file, of the functions that a patch changes. lines: of the
    candidate, by file, those that it adds. outside: it changes code outside functions only."""

    spans: Spans
    lines: Lines
    outside: bool


@dataclass(frozen=True)
class Selection:
    """Tests to run first. whole: these are all that can reach the change."""

    tests: tuple[str, ...]
    whole: bool


def changed(patch: str, base: Path, tree: Path) -> Changed:
    """What `patch`, from `base` to `tree`, changes in Python files."""
    spans: Spans = {}
    lines: Lines = {}
    for change in parse_patch(patch):
        if not change.path.endswith(".py"):
            continue
        before, after = _functions(base / change.path), _functions(tree / change.path)
        names = _holding(before, change.old_lines) | _holding(after, change.new_lines)
        spans[change.path] = [_span(before[name]) for name in sorted(names) if name in before]
        if change.new_lines:
            lines[change.path] = frozenset(change.new_lines)
    return Changed(spans, lines, outside=not any(spans.values()))


def choose(steady: Collection[str], traced: Traced, change: Changed, *, most: float | None) -> Selection:
    """The tests that enter a changed function, cheapest first; where code outside functions
    changed alone, those that enter any function of its files.

    steady: tests that always pass at base; no other is chosen. most: seconds they may take
    in all; None for no limit.
    """
    wanted = {
        number
        for number, (path, line) in enumerate(traced.places)
        if path in change.spans and (change.outside or any(line in span for span in change.spans[path]))
    }
    covering = [name for name in traced.ran if name in steady and not wanted.isdisjoint(traced.ran[name])]
    covering.sort(key=lambda name: traced.seconds.get(name, 0.0))
    chosen: list[str] = []
    spent = 0.0
    for name in covering:
        spent += traced.seconds.get(name, 0.0)
        if most is not None and spent > most:
            break
        chosen.append(name)
    return Selection(tuple(chosen), traced.whole and len(chosen) == len(covering))


def affordable(traced: Traced) -> float:
    """Seconds for the tests that run first in the search."""
    return max(FEW_SECONDS, SHARE * sum(traced.seconds.values()))


def not_executed(change: Changed, runs: Iterable[Traced]) -> tuple[str, ...]:
    """Added lines that hold code and that none of the runs executed, as "file:line" or "file:first-last"."""
    ran: dict[str, set[int]] = {}
    code: dict[str, set[int]] = {}
    for run in runs:
        for number in {number for numbers in run.ran.values() for number in numbers}:
            path, line = run.places[number]
            ran.setdefault(path, set()).add(line)
        for path, numbers in run.executable.items():
            code.setdefault(path, set()).update(numbers)
    missed = {
        path: (lines & code.get(path, set())) - ran.get(path, set()) for path, lines in change.lines.items()
    }
    return tuple(text for path in sorted(missed) for text in _ranges(path, sorted(missed[path])))


def _functions(place: Path) -> Mapping[str, FunctionNode]:
    """Nothing of what is no file, or not this Python's."""
    if not is_regular(place):
        return {}
    try:
        return functions_of(ast.parse(place.read_bytes()))
    except (SyntaxError, ValueError, RecursionError):
        return {}


def _holding(functions: Mapping[str, FunctionNode], lines: Iterable[int]) -> set[str]:
    numbers = set(lines)
    return {name for name, node in functions.items() if not numbers.isdisjoint(_span(node))}


def _span(node: FunctionNode) -> range:
    """From its first decorator, where its code object says that it begins, to its end."""
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return range(first, (node.end_lineno or node.lineno) + 1)


def _ranges(path: str, lines: list[int]) -> list[str]:
    found: list[list[int]] = []
    for line in lines:
        if found and line == found[-1][1] + 1:
            found[-1][1] = line
        else:
            found.append([line, line])
    return [f"{path}:{first}" if first == last else f"{path}:{first}-{last}" for first, last in found]
