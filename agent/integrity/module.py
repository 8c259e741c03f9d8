"""One source file as the rules see it, and what a rule says about it."""

from __future__ import annotations

import ast
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hotloop.agent.integrity.names import Names, constant_text
from hotloop.agent.integrity.scopes import Scopes
from hotloop.repos.paths import is_regular

LARGEST = 4 << 20
"""Bytes of a source file. A larger one is data."""
RUNNERS = frozenset({"builtins.exec", "builtins.eval", "builtins.compile"})
_WARNINGS = threading.Lock()
"""Filters of warnings belong to the process, and gates run side by side."""


@dataclass(frozen=True)
class Signal:
    """Something that a rule knows, whether it is new or not.

    key: equal for the same thing at base and in the candidate, wherever it
    moved. subject: the name a declaration would call it by, for caches.
    """

    kind: str
    key: str
    line: int
    why: str
    certain: bool = False
    subject: str = ""


def read_bounded(place: Path) -> str | None:
    """A source file's text; None where there is no regular file, or a link, or a very large one."""
    if not is_regular(place) or place.stat().st_size > LARGEST:
        return None
    return place.read_text("utf-8", "replace")


class Module:
    """A parsed file. Raises SyntaxError, ValueError, RecursionError or MemoryError for what cannot be."""

    def __init__(self, text: str) -> None:
        with _WARNINGS, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the target's code: not ours to report
            self.tree = ast.parse(text)
        self.scopes = Scopes(self.tree)
        self.names = Names(self.scopes)

    @property
    def nodes(self) -> list[ast.AST]:
        return self.scopes.nodes

    @cached_property
    def references(self) -> list[tuple[str, ast.expr]]:
        return list(self.names.references())

    @cached_property
    def docstrings(self) -> set[int]:
        """Ids of the constants that stand alone as statements: text that does nothing."""
        alone = (node.value for node in self.nodes if isinstance(node, ast.Expr))
        return {id(value) for value in alone if isinstance(value, ast.Constant)}

    @cached_property
    def returned(self) -> dict[int, list[ast.expr]]:
        """What each function, by its node's id, returns or yields."""
        found: dict[int, list[ast.expr]] = {}
        for node in self.nodes:
            if isinstance(node, ast.Return | ast.Yield) and node.value is not None:
                found.setdefault(id(self.scopes.function(node)), []).append(node.value)
        return found

    def run_texts(self) -> Iterator[tuple[str, int]]:
        """Constant texts that are run as code, with the line."""
        for node in self.nodes:
            if isinstance(node, ast.Call) and self.names.dotted(node.func) in RUNNERS and node.args:
                text = constant_text(node.args[0])
                if text is not None:
                    yield text.strip(), node.lineno

    def classes(self) -> Iterator[ast.ClassDef]:
        return (node for node in self.nodes if isinstance(node, ast.ClassDef))

    def texts(self) -> Iterator[tuple[str, ast.Constant]]:
        """Every text in the code, docstrings left out; bytes are read as Latin-1."""
        for node in self.nodes:
            if isinstance(node, ast.Constant) and id(node) not in self.docstrings:
                if isinstance(node.value, str):
                    yield node.value, node
                elif isinstance(node.value, bytes):
                    yield node.value.decode("latin-1"), node


Rule = Callable[[Module], Iterator[Signal]]
