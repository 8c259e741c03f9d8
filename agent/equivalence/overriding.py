"""Methods that a class no longer calls on itself: a subclass's own ones are then not asked.

Pure functions of source texts.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from hotloop.agent.reach import FunctionNode

Classes = dict[str, ast.ClassDef]


def no_longer_asked(before: Mapping[str, str | None], after: Mapping[str, str | None]) -> list[str]:
    """From the texts of the changed files, by path; None where there is no such file. One line each."""
    return [
        line
        for path in sorted(before)
        for line in _of_file(_classes(before[path]), _classes(after.get(path)))
    ]


def _classes(text: str | None) -> Classes:
    try:
        tree = ast.parse(text or "")
    except (SyntaxError, ValueError, RecursionError):
        return {}
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}


def _of_file(old: Classes, new: Classes) -> Iterator[str]:
    for name in sorted(old.keys() & new.keys()):
        before, after = _methods(old[name]), _methods(new[name])
        mine = {method for method in before.keys() & after.keys() if not method.startswith("_")}
        for method in sorted(before.keys() & after.keys()):
            for gone in sorted((_asked(before[method]) - _asked(after[method])) & mine):
                yield f"{name}.{method} no longer asks self.{gone}{_overridden(name, gone, old)}"


def _methods(node: ast.ClassDef) -> dict[str, FunctionNode]:
    return {one.name: one for one in node.body if isinstance(one, FunctionNode)}


def _asked(node: FunctionNode) -> set[str]:
    """Attributes of its first parameter that are read, by a call or as a property."""
    arguments = (*node.args.posonlyargs, *node.args.args)
    if not arguments:
        return set()
    return {
        part.attr
        for part in ast.walk(node)
        if isinstance(part, ast.Attribute)
        and isinstance(part.value, ast.Name)
        and part.value.id == arguments[0].arg
    }


def _overridden(name: str, method: str, classes: Classes) -> str:
    heirs = [one for one in classes.values() if name in map(_last_name, one.bases)]
    owners = [one.name for one in heirs if method in _methods(one)]
    return f", which {' and '.join(owners)} overrides" if owners else ", which a subclass may override"


def _last_name(base: ast.expr) -> str:
    return ast.unparse(base).rpartition(".")[2]
