"""Objects that answer for what they are not: equal to all, made on demand, of a false type."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from hotloop.agent.integrity.module import Module, Signal
from hotloop.agent.integrity.scopes import Function

_CONTAINERS = frozenset(
    f"builtins.{name}"
    for name in ("list", "tuple", "dict", "set", "frozenset", "str", "bytes", "int", "float")
)
_COMPARISONS = frozenset({"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__hash__", "__bool__"})
_ON_DEMAND = frozenset({"__getattr__", "__getattribute__", "__missing__", "__del__"})
_FORGED = frozenset({"__class__", "__instancecheck__", "__subclasscheck__", "__reduce__", "__reduce_ex__"})


def equality(module: Module) -> Iterator[Signal]:
    for owner in module.classes():
        poses = [name for one in owner.bases if (name := module.names.dotted(one)) in _CONTAINERS]
        if poses:
            why = "what it holds may be worked out only when it is looked at, or compared"
            yield Signal("poses as a builtin type", f"{owner.name} {poses[0]}", owner.lineno, why)
        for node in owner.body:
            if isinstance(node, Function) and (found := _told(node)) is not None:
                kind, why = found
                yield Signal(kind, node.name, node.lineno, why)


def _told(node: Function) -> tuple[str, str] | None:
    if node.name in _COMPARISONS and _always_answers(node):
        return "compares the same whatever it is compared with", "a wrong result would then pass for equal"
    if node.name == "__del__":
        return "runs code when an object is freed", "that moves work out of the call that caused it"
    if node.name in _ON_DEMAND:
        return "makes parts only when asked", "work put off until a result is looked at is not in the call"
    if node.name in _FORGED:
        return "says what it is or how it is copied", "what compares or copies it may see something else"
    return None


def _always_answers(node: Function) -> bool:
    """Whether it returns one constant, or always true, and looks at nothing."""
    body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    only = body[0] if len(body) == 1 else None
    return isinstance(only, ast.Return) and isinstance(only.value, ast.Constant)
