"""Code objects swapped in place: a function that reads one way and runs another."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from hotloop.agent.integrity.module import Module, Signal

_PARTS = frozenset(
    {"__code__", "__defaults__", "__kwdefaults__", "__closure__", "__globals__", "__class__", "__bases__"}
)


def descriptors(module: Module) -> Iterator[Signal]:
    for node in module.nodes:
        if isinstance(node, ast.Attribute) and node.attr in _PARTS and isinstance(node.ctx, ast.Store):
            why = "the code that runs is then not the code that is read"
            yield Signal("swaps an object's code or type", node.attr, node.lineno, why)
