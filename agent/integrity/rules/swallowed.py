"""Exceptions of any kind that are caught and forgotten."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from hotloop.agent.integrity.module import Module, Signal

_BROAD = frozenset({"builtins.Exception", "builtins.BaseException"})
_KIND = "swallows every exception"
_WHY = "an error that base raised, or one that the change makes, is not seen any more"


def swallowed(module: Module) -> Iterator[Signal]:
    for node in module.nodes:
        if isinstance(node, ast.ExceptHandler) and _is_broad(module, node.type) and _forgets(node.body):
            yield Signal(_KIND, "except", node.lineno, _WHY)
        elif isinstance(node, ast.Call) and _suppresses(module, node):
            yield Signal(_KIND, "suppress", node.lineno, _WHY)


def _suppresses(module: Module, node: ast.Call) -> bool:
    suppress = module.names.dotted(node.func) == "contextlib.suppress"
    return suppress and any(_is_broad(module, arg) for arg in node.args)


def _is_broad(module: Module, caught: ast.expr | None) -> bool:
    if isinstance(caught, ast.Tuple):
        return any(_is_broad(module, one) for one in caught.elts)
    return caught is None or module.names.dotted(caught) in _BROAD


def _forgets(body: list[ast.stmt]) -> bool:
    """Whether nothing is raised again and nothing is done: pass, continue, a constant."""
    return all(
        isinstance(one, ast.Pass | ast.Continue | ast.Break)
        or (isinstance(one, ast.Return | ast.Expr) and _is_plain(one.value))
        for one in body
    )


def _is_plain(value: ast.expr | None) -> bool:
    return value is None or isinstance(value, ast.Constant | ast.Name)
