"""What outlives a call in the module: cache decorators, globals written to, closures that are kept."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from hotloop.agent.integrity.module import Module, Signal
from hotloop.agent.integrity.names import constant_text
from hotloop.agent.integrity.rules.stores import Write, home, is_returned, writes
from hotloop.agent.integrity.rules.tables import Mark
from hotloop.agent.integrity.rules.uses import marked
from hotloop.agent.integrity.scopes import Function

_KIND = "keeps results from call to call"
_WHY = "what is timed again and again is then worked out once, and memory grows or answers go stale"
_CACHES = ("functools.cache", "functools.lru_cache", "cachetools", "joblib.Memory", "diskcache", "async_lru")
_TABLE = {name: Mark(_KIND, _WHY, _CACHES) for name in _CACHES}
_NO_LIMIT = "nothing bounds it, so memory grows with every new input"


def caches(module: Module) -> Iterator[Signal]:
    yield from _decorated(module)
    yield from _written(module)
    for name, node in module.references:
        if name == "builtins.id":
            why = "an id is given out again once its object is gone: as a key it can answer for another"
            yield Signal("goes by an object's identity", name, node.lineno, why)


def _decorated(module: Module) -> Iterator[Signal]:
    for name, node in module.references:
        mark, known = marked(name, _TABLE)
        if mark is None or _dies_with_the_call(module, node):
            continue
        subject = _subject(module, node)
        why = _NO_LIMIT if _unbounded(module, name, node) else _WHY
        yield Signal(_KIND, f"{known} {subject}", node.lineno, why, subject=subject or known)


def _decorating(module: Module, node: ast.AST) -> Function | None:
    """The function that `node` decorates, called with arguments or not."""
    around: ast.AST | None = node
    while isinstance(around, ast.expr):
        parent = module.scopes.parent(around)
        if isinstance(parent, Function) and around in parent.decorator_list:
            return parent
        around = parent
    return None


def _subject(module: Module, node: ast.AST) -> str:
    decorated = _decorating(module, node)
    if decorated is not None:
        return decorated.name
    statement = _statement(module, node)
    target = statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
    return ast.unparse(target) if isinstance(target, ast.expr) else ""


def _statement(module: Module, node: ast.AST) -> ast.AST | None:
    around: ast.AST | None = node
    while isinstance(around, ast.expr | ast.keyword):
        around = module.scopes.parent(around)
    return around


def _dies_with_the_call(module: Module, node: ast.AST) -> bool:
    """A cache made inside a function that does not give the cached function away."""
    outer = module.scopes.function(node)
    if not isinstance(outer, Function):
        return outer is not None
    decorated = _decorating(module, node)
    if decorated is not None:
        return not is_returned(module, decorated, outer)
    statement = _statement(module, node)
    if not isinstance(statement, ast.Assign):
        return False
    outside = {*module.scopes.scope(node).outer, *_names(module.returned.get(id(outer), ()))}
    return all(isinstance(one, ast.Name) and one.id not in outside for one in statement.targets)


def _names(values: Iterable[ast.expr]) -> set[str]:
    return {value.id for value in values if isinstance(value, ast.Name)}


def _unbounded(module: Module, name: str, node: ast.AST) -> bool:
    parent = module.scopes.parent(node)
    if name == "functools.cache":
        return True
    if name != "functools.lru_cache" or not isinstance(parent, ast.Call) or parent.func is not node:
        return False
    sizes = [*parent.args[:1], *(word.value for word in parent.keywords if word.arg == "maxsize")]
    return any(isinstance(size, ast.Constant) and size.value is None for size in sizes)


def _written(module: Module) -> Iterator[Signal]:
    """Once a name: more writes to what is kept anyway are nothing new."""
    seen: set[str] = set()
    for write in sorted(writes(module), key=lambda one: one.node.lineno):
        found = _kept(module, write)
        if found is not None and found not in seen:
            seen.add(found)
            yield Signal(_KIND, f"written {found}", write.node.lineno, _WHY, subject=found.split(".")[0])
    for node in module.nodes:
        target = node.value if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store) else None
        if isinstance(target, ast.Call) and module.names.dotted(target.func) == "builtins.globals":
            name = constant_text(node.slice) if isinstance(node, ast.Subscript) else None
            yield Signal(_KIND, f"globals {name}", target.lineno, _WHY, subject=name or "globals()")


def _kept(module: Module, write: Write) -> str | None:
    """What the write leaves behind when the function has returned; None for locals."""
    scopes = module.scopes
    here = scopes.scope(write.node)
    if write.rebinds:
        word = here.outer.get(write.root.id)
        if word == "global":
            return write.root.id
        return _closed_over(module, write) if word == "nonlocal" else None
    owner, name = home(module, write.root)
    if owner is scopes.module:
        return name if _is_state(module, write) else None
    return _closed_over(module, write)


def _is_state(module: Module, write: Write) -> bool:
    """Not `numpy.add(…)` or `List.append(…)`, which name a function, nor what `replaced` tells of."""
    if write.called and not write.path:
        bindings = module.scopes.module.names[write.root.id]
        named_as_state = write.root.id.isupper() or write.root.id.startswith("_")
        return named_as_state or not any(one.imported or one.definition for one in bindings)
    of_import = isinstance(write.node, ast.Attribute) and module.names.dotted(write.node.value) is not None
    return not of_import


def _closed_over(module: Module, write: Write) -> str | None:
    """A name of the function around, written by an inner function that the outer one returns."""
    inner = module.scopes.function(write.node)
    owner = module.scopes.owner(write.root.id, write.node)
    if inner is None or owner is None or owner.node is inner or not isinstance(owner.node, Function):
        return None
    return f"{owner.node.name}.{write.root.id}" if is_returned(module, inner, owner.node) else None
