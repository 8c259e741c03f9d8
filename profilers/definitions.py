"""Functions as their source names them, found from the lines that profilers report."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hotloop.profilers.profile import Frame


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
