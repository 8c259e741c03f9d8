"""One input among all that is answered in its own way."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from hotloop.agent.integrity.module import Module, Signal

_KIND = "singles out one input"
_WHY = "an answer for one value, size or digest may have been recorded rather than worked out"
_LEAST = 600
"""Smaller numbers, status codes among them, have honest reasons to be compared with."""
_DIGEST = re.compile(r"[0-9a-fA-F]{32,128}")


def special(module: Module) -> Iterator[Signal]:
    for node in module.nodes:
        if isinstance(node, ast.Compare) and any(isinstance(one, ast.Eq | ast.In) for one in node.ops):
            for value in (node.left, *node.comparators):
                yield from _numbers(node, value)
    for text, node in module.texts():
        if _DIGEST.fullmatch(text):
            yield Signal(_KIND, text, node.lineno, _WHY)


def _numbers(node: ast.Compare, value: ast.expr) -> Iterator[Signal]:
    parts = value.elts if isinstance(value, ast.Tuple | ast.List | ast.Set) else [value]
    for part in parts:
        number = part.value if isinstance(part, ast.Constant) else None
        if isinstance(number, int | float) and not isinstance(number, bool) and abs(number) >= _LEAST:
            yield Signal(_KIND, repr(number), node.lineno, _WHY)
