"""Attributes of other modules and classes set from here: clocks, builtins, whole modules."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from hotloop.agent.integrity.module import Module, Signal
from hotloop.agent.integrity.names import constant_text

CLOCKS = ("time", "timeit")
_CLOCK_READERS = frozenset(
    {"perf_counter", "perf_counter_ns", "process_time", "process_time_ns", "monotonic", "monotonic_ns"}
)
FRAMEWORKS = ("unittest", "pytest", "_pytest", "doctest", "pluggy")
STANDARD = frozenset(
    {
        "os", "gc", "random", "json", "pickle", "copy", "hashlib", "inspect", "threading", "importlib",
        "subprocess", "math", "io", "re", "collections", "itertools", "functools", "operator", "atexit",
        "signal", "traceback", "linecache", "resource", "cProfile", "profile", "multiprocessing", "struct",
        "array", "zlib", "base64", "string", "statistics", "heapq", "bisect", "datetime", "calendar",
    }
)  # fmt: skip
"""Modules whose functions no library swaps for its own to be faster. Left out are those that
offer attributes as settings, such as `logging`, `decimal`, `socket` and `warnings`."""

_HANDED_ON = "hands on a clock's module, or that of the builtins"
_WHY = {
    "replaces a clock": "a clock that the code under test replaces says what it likes",
    "replaces a builtin": "every module, the harness too, then runs the replacement",
    "replaces a part of the standard library": "every module, the harness too, then runs the replacement",
    "replaces a part of a test framework": "the tests then say what the patch likes",
    "replaces a whole module": "whoever imports that name next gets something else",
    "sets attributes of another module or class": "whoever uses it sees the change",
}


_SETTERS = frozenset(
    {
        *("builtins.setattr", "builtins.delattr", "builtins.object.__setattr__", "builtins.type.__setattr__"),
        *("unittest.mock.patch.object", "mock.patch.object"),
    }
)


def replaced(module: Module) -> Iterator[Signal]:
    for name, node in _targets(module):
        kind, certain = _kind(name)
        if certain and _fills_gap(module, name, node):
            certain = False
        yield Signal(kind, name, node.lineno, _WHY[kind], certain)
    yield from _whole_modules(module)
    for name, node in module.references:
        if name in {*CLOCKS, "builtins"}:
            yield Signal(_HANDED_ON, name, node.lineno, "who gets the module can replace what is in it")


def _targets(module: Module) -> Iterator[tuple[str, ast.expr]]:
    """Dotted names of attributes of imported things that are set or deleted, however it is written."""
    dotted = module.names.dotted
    for node in module.nodes:
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            if name := dotted(node.value):
                yield f"{name.removesuffix('.__dict__')}.{node.attr}", node
        elif isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
            name = dotted(node.value)
            if name and (name == "builtins" or name.endswith(".__dict__")):
                yield f"{name.removesuffix('.__dict__')}.{constant_text(node.slice) or '*'}", node
        elif isinstance(node, ast.Call):
            yield from _set_by_call(module, node)


def _set_by_call(module: Module, node: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    called = module.names.dotted(node.func) or ""
    first = node.args[0] if node.args else None
    if isinstance(node.func, ast.Attribute):
        whole, method = module.names.dotted(node.func.value) or "", node.func.attr
        if method in {"update", "__setitem__", "setdefault", "pop"} and whole.endswith(".__dict__"):
            yield f"{whole.removesuffix('.__dict__')}.*", node
        if method in {"__setattr__", "__delattr__"} and not whole.startswith("builtins."):
            yield from [(f"{whole}.{constant_text(first) or '*'}", node)] if whole else []
    owner = module.names.dotted(first)
    if called in _SETTERS and owner is not None and len(node.args) > 1:
        yield f"{owner}.{constant_text(node.args[1]) or '*'}", node
    if called in {"unittest.mock.patch", "mock.patch"} and (patched := constant_text(first)):
        yield patched, node


def _kind(name: str) -> tuple[str, bool]:
    owner, _, attribute = name.rpartition(".")
    first = name.partition(".")[0]
    if first in CLOCKS or (attribute in _CLOCK_READERS and owner.rpartition(".")[2] in CLOCKS):
        return "replaces a clock", True
    if first == "builtins":
        return "replaces a builtin", owner == "builtins"
    if first in FRAMEWORKS:
        return "replaces a part of a test framework", True
    if owner in STANDARD:
        return "replaces a part of the standard library", not attribute.isupper()
    return "sets attributes of another module or class", False


def _fills_gap(module: Module, name: str, node: ast.AST) -> bool:
    """`if not hasattr(math, "prod"): math.prod = …` gives an old Python what a new one has."""
    owner, _, attribute = name.rpartition(".")
    around = module.scopes.parent(node)
    while around is not None:
        test = around.test if isinstance(around, ast.If) else None
        if (
            isinstance(test, ast.UnaryOp)
            and isinstance(test.op, ast.Not)
            and isinstance(test.operand, ast.Call)
        ):
            call = test.operand
            asked = [module.names.dotted(call.func), *map(module.names.dotted, call.args[:1])]
            if asked == ["builtins.hasattr", owner] and constant_text(call.args[-1]) == attribute:
                return owner not in CLOCKS
        around = module.scopes.parent(around)
    return False


def _whole_modules(module: Module) -> Iterator[Signal]:
    kind = "replaces a whole module"
    for node in module.nodes:
        if not isinstance(node, ast.Subscript) or isinstance(node.ctx, ast.Load):
            continue
        if module.names.dotted(node.value) == "sys.modules":
            key = constant_text(node.slice)
            standard = key is not None and key.split(".")[0] in {*sys.stdlib_module_names, *FRAMEWORKS}
            yield Signal(kind, key or "*", node.lineno, _WHY[kind], standard)
