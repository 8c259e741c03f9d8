"""What annotations promise: that items may be objects of any kind. Pure functions of syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from hotloop.agent.reach import FunctionNode


def takes_anything(tree: ast.Module, node: FunctionNode) -> frozenset[str]:
    """Names of parameters whose annotation has `object` in it, or a type variable without bounds.

    `Any` promises nothing: it also stands where nobody has thought of a type.
    """
    free = {"object", *_free_variables(tree), *_free_parameters(node)}
    arguments = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
    return frozenset(one.arg for one in arguments if free.intersection(_names(one.annotation)))


def _free_variables(tree: ast.Module) -> Iterator[str]:
    """`T = TypeVar("T")`, with no bound and no constraints."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            made = ast.unparse(node.value.func).rpartition(".")[2]
            if made == "TypeVar" and len(node.value.args) == 1 and not node.value.keywords:
                yield from (one.id for one in node.targets if isinstance(one, ast.Name))


def _free_parameters(node: FunctionNode) -> Iterator[str]:
    """`def f[T](...)`, where this Python knows such."""
    for one in getattr(node, "type_params", ()):
        if getattr(one, "bound", None) is None:
            yield one.name


def _names(annotation: ast.expr | None) -> set[str]:
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            annotation = ast.parse(annotation.value, mode="eval").body
        except SyntaxError:
            return set()
    parts = [] if annotation is None else ast.walk(annotation)
    return {part.id for part in parts if isinstance(part, ast.Name)}
