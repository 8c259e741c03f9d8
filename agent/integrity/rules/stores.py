"""Where a statement writes: the object at the root of the target, and what it is bound to."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from hotloop.agent.integrity.module import Module
from hotloop.agent.integrity.scopes import Function, Scope

MUTATORS = frozenset(
    {
        "append", "appendleft", "add", "update", "setdefault", "extend", "extendleft", "insert", "pop",
        "popitem", "popleft", "clear", "remove", "discard", "move_to_end", "__setitem__", "set", "send",
    }
)  # fmt: skip
_MUTABLE_CALLS = frozenset({"dict", "list", "set", "bytearray", "defaultdict", "OrderedDict", "deque"})
_DEEPEST = 8


@dataclass(frozen=True)
class Write:
    """A write to `root`, or below it by `path`, at `node`.

    rebinds: the name itself is set. called: by a method, whose name says that it writes.
    """

    root: ast.Name
    path: tuple[str, ...]
    node: ast.expr
    rebinds: bool = False
    called: bool = False


def writes(module: Module) -> Iterator[Write]:
    """Every write that happens when a function runs, not at import."""
    for node in module.nodes:
        target = _target(module, node)
        if target is None or module.scopes.function(target) is None:
            continue
        root, path = rooted(target)
        if root is not None:
            called = isinstance(node, ast.Call)
            yield Write(root, path, target, rebinds=target is root and not called, called=called)


def _target(module: Module, node: ast.AST) -> ast.expr | None:
    if isinstance(node, ast.Name | ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
        return node
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS:
        return node.func.value
    if isinstance(node, ast.Call) and module.names.dotted(node.func) == "builtins.next" and node.args:
        return node.args[0]
    return None


def rooted(node: ast.expr) -> tuple[ast.Name | None, tuple[str, ...]]:
    """`a.b[0].c` is rooted in `a`, by the path ("b", "c")."""
    path: list[str] = []
    while isinstance(node, ast.Attribute | ast.Subscript):
        if isinstance(node, ast.Attribute):
            path.append(node.attr)
        node = node.value
    return (node, tuple(reversed(path))) if isinstance(node, ast.Name) else (None, ())


def home(module: Module, name: ast.Name, depth: int = 0) -> tuple[Scope | None, str]:
    """The scope where the object that `name` means is bound, aliases followed, and its name there."""
    owner = module.scopes.owner(name.id, name)
    if owner is None or depth > _DEEPEST or owner is module.scopes.module:
        return owner, name.id
    values = [one.value for one in owner.names[name.id] if one.value is not None]
    for value in values:
        root, _ = rooted(value)
        if root is not None and root.id != name.id:
            found, called = home(module, root, depth + 1)
            if found is module.scopes.module:
                return found, called
    return owner, name.id


def is_mutable(value: ast.expr | None) -> bool:
    """Whether an expression makes a new container that can be written to."""
    if isinstance(value, ast.Call):
        function = value.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        return name in _MUTABLE_CALLS
    return isinstance(value, ast.Dict | ast.List | ast.Set | ast.DictComp | ast.ListComp | ast.SetComp)


def is_returned(module: Module, inner: ast.AST, outer: Function) -> bool:
    """Whether `outer` gives away the function `inner`, which then lives on after the call."""
    name = getattr(inner, "name", None)
    for value in module.returned.get(id(outer), ()):
        parts = [value, *(value.args if isinstance(value, ast.Call) else [])]
        if any(part is inner or (isinstance(part, ast.Name) and part.id == name) for part in parts):
            return True
    return False
