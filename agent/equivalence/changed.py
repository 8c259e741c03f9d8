"""Which public functions a change can be seen through. Pure functions of source texts.

A private function may do what it likes as long as the public ones that use it answer as
before, so it is the public ones that are called. A class whose objects keep other things
inside than before cannot be handed objects that were recorded at base.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from hotloop.agent.equivalence.promises import takes_anything
from hotloop.agent.reach import FunctionNode, code_of, functions_of

MOST = 40

_SPECIAL = frozenset(
    {"__init__", "__len__", "__iter__", "__next__", "__contains__", "__getitem__", "__setitem__"}
    | {"__delitem__", "__call__", "__bool__", "__reversed__", "__eq__", "__lt__"}
)
"""Methods that callers use by syntax."""


@dataclass(frozen=True)
class Function:
    """A function of the base tree: its file, dotted name within it, and first line, decorators included.

    anything: parameters that promise to take objects of any kind, or containers of such.
    """

    path: str
    name: str
    line: int
    anything: frozenset[str] = frozenset()

    @property
    def label(self) -> str:
        return f"{PurePosixPath(self.path).stem}.{self.name}"


@dataclass(frozen=True)
class Change:
    """functions: the public ones to call. rebuilt: classes, by name, whose inside is another now.
    unseen: changed functions that no public function of their file leads to. companions: the other
    public methods of the classes that changed."""

    functions: tuple[Function, ...]
    rebuilt: frozenset[str]
    unseen: tuple[str, ...]
    companions: tuple[Function, ...] = ()


def find_change(before: Mapping[str, str | None], after: Mapping[str, str | None]) -> Change:
    """From the texts of the changed files, by path; None where there is no such file."""
    functions: list[Function] = []
    rebuilt: set[str] = set()
    unseen: list[str] = []
    companions: list[Function] = []
    for path in sorted(before):
        old, new = _parsed(before[path]), _parsed(after.get(path))
        if old is None or not path.endswith(".py"):
            continue
        touched, names = _touched(old, new or ast.Module([], []))
        found = _seen_through(old, touched, names)
        nodes = functions_of(old)
        functions += [
            Function(path, name, _first_line(nodes[name]), takes_anything(old, nodes[name]))
            for name in sorted(found)
        ]
        unseen += [f"{path}:{name}" for name in sorted(touched)] if touched and not found else []
        inside = _rebuilt(old, new) if new is not None else set()
        rebuilt |= inside
        others = _methods(nodes, touched | found, inside) - found
        companions += [Function(path, name, _first_line(nodes[name])) for name in sorted(others)]
    return Change(tuple(functions[:MOST]), frozenset(rebuilt), tuple(unseen), tuple(companions[:MOST]))


def _methods(nodes: Mapping[str, FunctionNode], changed: set[str], rebuilt: set[str]) -> set[str]:
    """Of the public classes with methods among `changed`, or with another inside: all that callers call."""
    owners = {name.rpartition(".")[0] for name in changed} - {""}
    return {
        name
        for name, node in nodes.items()
        if (owner := name.rpartition(".")[0])
        and (owner in owners or owner.rpartition(".")[2] in rebuilt)
        and is_public(name)
        and (name.endswith("__") <= (name.rpartition(".")[2] in _SPECIAL))
        and is_method(node)
    }


def is_method(node: FunctionNode) -> bool:
    """Called on an object, and not on its class: what is decorated is left out but for properties."""
    return all(isinstance(one, ast.Name) and one.id == "property" for one in node.decorator_list)


def is_public(name: str) -> bool:
    """Whether a dotted name has no part that begins with an underscore, but for `__dunder__` ones."""
    return all(not part.startswith("_") or part.endswith("__") for part in name.split("."))


def _parsed(text: str | None) -> ast.Module | None:
    try:
        return None if text is None else ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None


def _first_line(node: FunctionNode) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def _touched(old: ast.Module, new: ast.Module) -> tuple[set[str], set[str]]:
    """Functions of `old` that changed or went, and names bound at the top or in classes by other code."""
    before, after = functions_of(old), functions_of(new)
    changed = {name for name, node in before.items() if name not in after or _differ(node, after[name])}
    return changed, _bound_differently(old, new)


def _differ(one: FunctionNode, other: FunctionNode) -> bool:
    return type(one) is not type(other) or code_of(one) != code_of(other)


def _bound_differently(old: ast.Module, new: ast.Module) -> set[str]:
    before, after = _statements(old), _statements(new)
    differing = [node for text, node in before.items() if text not in after]
    return {name for node in differing for name in _targets(node)}


def _statements(tree: ast.Module) -> dict[str, ast.stmt]:
    """Statements outside functions, by what they say."""
    found: dict[str, ast.stmt] = {}

    def visit(body: list[ast.stmt]) -> None:
        for node in body:
            if isinstance(node, ast.ClassDef):
                visit(node.body)
            elif not isinstance(node, FunctionNode):
                found[ast.dump(node)] = node

    visit(tree.body)
    return found


def _targets(statement: ast.stmt) -> Iterator[str]:
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _seen_through(tree: ast.Module, touched: set[str], names: set[str]) -> set[str]:
    """Public functions that changed, and those that use what changed, step by step through private ones."""
    nodes = functions_of(tree)
    mentioned = {name: _mentioned(node) for name, node in nodes.items()}
    public = {name for name in touched if is_public(name)}
    spreading = names | {name.rsplit(".", 1)[-1] for name in touched if not is_public(name)}
    done: set[str] = set()
    while spreading - done:
        done |= spreading
        users = {name for name, used in mentioned.items() if used & done}
        public |= {name for name in users if is_public(name)}
        spreading = {name.rsplit(".", 1)[-1] for name in users if not is_public(name)}
    return public


def _mentioned(node: FunctionNode) -> set[str]:
    names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    return names | {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)}


def _rebuilt(old: ast.Module, new: ast.Module) -> set[str]:
    before, after = _insides(old), _insides(new)
    return {name for name, inside in before.items() if name in after and after[name] != inside}


def _insides(tree: ast.Module) -> dict[str, list[str]]:
    """How the objects of each class keep what they hold: slots, bases, and stores of private attributes."""
    return {node.name: sorted(_inside(node)) for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}


def _inside(node: ast.ClassDef) -> Iterator[str]:
    yield from (ast.dump(part) for part in (*node.bases, *node.keywords, *node.decorator_list))
    for part in ast.walk(node):
        if not isinstance(part, ast.Assign | ast.AugAssign | ast.AnnAssign):
            continue
        if any(name.startswith("_") for name in _stored(part)):
            yield ast.dump(part)


def _stored(statement: ast.stmt) -> Iterator[str]:
    for part in ast.walk(statement):
        if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store):
            yield part.attr
        elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            yield part.id
