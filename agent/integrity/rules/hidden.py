"""Text that is made so that it cannot be read in the patch, and code run from it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from hotloop.agent.integrity.module import RUNNERS, Module, Signal
from hotloop.agent.integrity.names import constant_text
from hotloop.agent.integrity.rules.literals import DECODERS
from hotloop.agent.integrity.scopes import Comprehension

_MAKERS = frozenset({"builtins.chr", "builtins.ord", "builtins.bytes", "builtins.bytearray", *DECODERS})
_ROOTS = frozenset(name.partition(".")[0] for name in DECODERS) - {"builtins"}
_FROM_ELSEWHERE = frozenset(
    f"builtins.{name}"
    for name in ("open", "input", "globals", "locals", "vars", "getattr", "eval", "__import__")
)
_DEEPEST = 8


def hidden(module: Module) -> Iterator[Signal]:
    for node in module.nodes:
        if not isinstance(node, ast.Call) or not node.args:
            continue
        if module.names.dotted(node.func) in RUNNERS and _is_disguised(module, node.args[0]):
            why = "the code that runs is in the patch, written so that it cannot be read there"
            yield Signal("runs disguised code", ast.unparse(node)[:200], node.lineno, why, certain=True)
        elif _makes_text(node) and _is_disguised(module, node):
            why = "a text that could be written out is put together from numbers or a code"
            yield Signal("disguises a text", ast.unparse(node)[:200], node.lineno, why)


def _makes_text(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Attribute) and node.func.attr in {"join", "decode"}


def _is_disguised(module: Module, node: ast.expr, depth: int = 0) -> bool:
    """Whether it is made of constants alone, by a way that changes what they look like."""
    if constant_text(node) is not None or depth > _DEEPEST:
        return False
    changed = False
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
            name, value = module.names.dotted(part), _value(module, part)
            of_constants = value is not None and _is_disguised(module, value, depth + 1)
            if not of_constants and not _is_neutral(module, part, name):
                return False
            changed = changed or of_constants or name in _MAKERS or name in _ROOTS
    return changed


def _is_neutral(module: Module, part: ast.Name, name: str | None) -> bool:
    """A builtin, a module of decoders, a variable of a comprehension, a name for a constant."""
    owner = module.scopes.owner(part.id, part)
    if owner is not None and isinstance(owner.node, Comprehension):
        return True
    known = name is not None and name.partition(".")[0] in {"builtins", *_ROOTS}
    return (known and name not in _FROM_ELSEWHERE) or constant_text(_value(module, part)) is not None


def _value(module: Module, part: ast.Name) -> ast.expr | None:
    """What a name is set to, where that is done once."""
    owner = module.scopes.owner(part.id, part)
    bindings = owner.names[part.id] if owner is not None else []
    return bindings[0].value if len(bindings) == 1 else None
