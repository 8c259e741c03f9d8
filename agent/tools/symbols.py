"""What Python sources define and use, file by file, read from their syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["function", "class", "variable"]


@dataclass(frozen=True)
class Definition:
    """name: dotted from the module's top. first, last: its lines, decorators included."""

    path: str
    name: str
    kind: Kind
    first: int
    last: int

    @property
    def module(self) -> str:
        return module_of(self.path)


@dataclass(frozen=True)
class Origin:
    """Where an imported name comes from: `from module import name`, or `import module` (name "")."""

    module: str
    name: str = ""


@dataclass(frozen=True)
class Use:
    """A name as it stands in the source.

    owner: what stands before its last dot, dotted, "" for a plain name, "?" for an
    expression. within: the function or class around it, dotted, "" at the module's top.
    """

    path: str
    line: int
    name: str
    owner: str
    within: str
    is_call: bool


@dataclass(frozen=True)
class Module:
    """One file. imports: by the name that it binds."""

    path: str
    definitions: tuple[Definition, ...]
    uses: tuple[Use, ...]
    imports: dict[str, Origin]


def module_of(path: str) -> str:
    """The dotted name of a file from the tree's root; import roots may lie deeper."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def parse(path: str, text: str) -> Module | None:
    """None for what this Python cannot parse."""
    try:
        tree = ast.parse(text)
        reader = _Reader(path)
        reader.visit(tree)
    except (SyntaxError, ValueError, RecursionError):
        return None
    return Module(path, tuple(reader.definitions), tuple(reader.uses), reader.imports)


class _Reader(ast.NodeVisitor):
    def __init__(self, path: str) -> None:
        self.path = path
        self.definitions: list[Definition] = []
        self.uses: list[Use] = []
        self.imports: dict[str, Origin] = {}
        self._around: list[str] = []
        self._in_function = 0
        self._called: set[int] = set()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._function(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._define(node, node.name, "class")
        self._enter(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._variable(node, target)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._variable(node, node.target)
        self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            bound = alias.asname or alias.name.partition(".")[0]
            self.imports[bound] = Origin(alias.name if alias.asname else bound)
            self._use(node, alias.name.rpartition(".")[2], alias.name.rpartition(".")[0])

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = self._absolute(node)
        for alias in node.names:
            self.imports[alias.asname or alias.name] = Origin(module, alias.name)
            self._use(node, alias.name, module)

    def visit_Call(self, node: ast.Call) -> None:
        self._called.add(id(node.func))
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self._use(node, node.id, "")

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._use(node, node.attr, _dotted(node.value))
        self.generic_visit(node)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._define(node, node.name, "function")
        self._in_function += 1
        self._enter(node)
        self._in_function -= 1

    def _enter(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        """Decorators, too, though they run outside: whoever looks for them looks here."""
        self._around.append(node.name)
        self.generic_visit(node)
        self._around.pop()

    def _define(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.stmt, name: str, kind: Kind
    ) -> None:
        decorators = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(one.lineno for one in decorators)])
        dotted = ".".join([*self._around, name])
        self.definitions.append(Definition(self.path, dotted, kind, first, node.end_lineno or node.lineno))

    def _variable(self, node: ast.stmt, target: ast.expr) -> None:
        """Of modules and classes; those of functions are nobody else's."""
        if isinstance(target, ast.Name) and not self._in_function:
            self._define(node, target.id, "variable")

    def _use(self, node: ast.expr | ast.stmt, name: str, owner: str) -> None:
        within = ".".join(self._around)
        self.uses.append(Use(self.path, node.lineno, name, owner, within, id(node) in self._called))

    def _absolute(self, node: ast.ImportFrom) -> str:
        """The dotted module, from the tree's root where the import is relative."""
        if not node.level:
            return node.module or ""
        folders = self.path.split("/")[: -node.level]
        return ".".join([*folders, *([node.module] if node.module else [])])


def _dotted(node: ast.expr) -> str:
    parts = list(_parts(node))
    return ".".join(reversed(parts)) if "?" not in parts else "?"


def _parts(node: ast.expr) -> Iterator[str]:
    while isinstance(node, ast.Attribute):
        yield node.attr
        node = node.value
    yield node.id if isinstance(node, ast.Name) else "?"
