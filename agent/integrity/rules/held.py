"""What outlives a call on objects: classes, instances, arguments and defaults that are written to."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from hotloop.agent.integrity.module import Module, Signal
from hotloop.agent.integrity.names import constant_text
from hotloop.agent.integrity.rules.stores import Write, is_mutable, writes
from hotloop.agent.integrity.scopes import Function, defaults_of

_MAKERS = frozenset(
    {"__init__", "__new__", "__post_init__", "__setstate__", "__init_subclass__", "__set_name__"}
)
_ON_CLASS = "keeps results on a class"
_ON_OBJECT = "keeps results on an object"
_IN_DEFAULT = "keeps results in a default argument"
_WHY = {
    _ON_CLASS: "every later call finds them, whoever makes it",
    _ON_OBJECT: "later calls with the same object have less to do, and its changes may leave them stale",
    _IN_DEFAULT: "a default is made once: every later call finds what is in it",
}


def held(module: Module) -> Iterator[Signal]:
    """Once an attribute: more writes to what is kept anyway are nothing new."""
    seen: set[tuple[str, str]] = set()
    found = [*_written(module), *_set_around(module), *_on_type(module), *_properties(module)]
    for kind, key, node in sorted(found, key=lambda one: one[2].lineno):
        if (kind, key) not in seen:
            seen.add((kind, key))
            subject = key.rpartition(".")[2]
            yield Signal(kind, key, node.lineno, _WHY[kind], subject=subject)


def _written(module: Module) -> Iterator[tuple[str, str, ast.expr]]:
    for write in writes(module):
        function = module.scopes.function(write.node)
        owner = module.scopes.owner(write.root.id, write.node)
        if function is None or owner is None or not isinstance(owner.node, Function):
            continue
        maker = owner.node
        if write.rebinds or write.root.id not in _parameters(maker):
            continue
        if found := _kind(module, maker, write):
            yield *found, write.node


def _kind(module: Module, maker: Function, write: Write) -> tuple[str, str] | None:
    """What a write to a parameter of `maker`, or below it, keeps."""
    default = _parameters(maker)[write.root.id]
    if is_mutable(default):
        return _IN_DEFAULT, f"{maker.name}.{write.root.id}"
    owner = module.scopes.parent(maker)
    first = next(iter(_parameters(maker)), None)
    if not isinstance(owner, ast.ClassDef) or write.root.id != first:
        return (_ON_OBJECT, write.path[-1]) if isinstance(write.node, ast.Attribute) and write.path else None
    if not write.path or maker.name in _MAKERS or _is_static(maker, "staticmethod"):
        return None
    if _is_static(maker, "classmethod") or write.path[0] == "__class__":
        return _ON_CLASS, f"{owner.name}.{write.path[-1]}"
    return _ON_OBJECT, f"{owner.name}.{write.path[0]}"


def _parameters(function: Function) -> dict[str, ast.expr | None]:
    return {argument.arg: default for argument, default in defaults_of(function.args)}


def _is_static(function: Function, word: str) -> bool:
    return any(isinstance(one, ast.Name) and one.id == word for one in function.decorator_list)


def _set_around(module: Module) -> Iterator[tuple[str, str, ast.expr]]:
    """`object.__setattr__(self, "_hash", …)`, past what forbids it, and plain `setattr` of a parameter."""
    setters = {"builtins.object.__setattr__", "builtins.setattr"}
    for node in module.nodes:
        if not isinstance(node, ast.Call) or len(node.args) < 2 or not isinstance(node.args[0], ast.Name):
            continue
        function, name = module.scopes.function(node), constant_text(node.args[1])
        named = name is not None and isinstance(function, Function) and function.name not in _MAKERS
        if named and module.names.dotted(node.func) in setters and module.names.dotted(node.args[0]) is None:
            yield _ON_OBJECT, str(name), node


def _on_type(module: Module) -> Iterator[tuple[str, str, ast.expr]]:
    """`type(self).table[key] = …`."""
    for node in module.nodes:
        if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Call):
            continue
        written = isinstance(node.ctx, ast.Store) or _is_written(module, node)
        if written and module.names.dotted(node.value.func) == "builtins.type":
            yield _ON_CLASS, f"type.{node.attr}", node


def _is_written(module: Module, node: ast.expr) -> bool:
    parent = module.scopes.parent(node)
    return isinstance(parent, ast.Subscript) and parent.value is node and isinstance(parent.ctx, ast.Store)


def _properties(module: Module) -> Iterator[tuple[str, str, ast.expr]]:
    for name, node in module.references:
        if name in {"functools.cached_property", "django.utils.functional.cached_property"}:
            parent = module.scopes.parent(node)
            yield _ON_OBJECT, f"property {getattr(parent, 'name', '')}", node
