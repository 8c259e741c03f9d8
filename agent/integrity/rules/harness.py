"""Traces of the harness in code: names of Hotloop's runner, of the test that runs, of frames' parts."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

from hotloop.agent.integrity.module import Module, Signal
from hotloop.agent.integrity.names import constant_text
from hotloop.profilers.workload import RUNNER
from hotloop.repos.suites import REPORTERS

_DETECTS = "detects the harness"
_WHY = "code that asks whether it is measured or tested is not written for its users"
_FRAME_PARTS = frozenset(
    {"f_back", "f_globals", "f_locals", "f_code", "f_lineno", "f_trace", "tb_frame", "gi_frame"}
)
_CALLER_PARTS = frozenset({"co_name", "co_filename", "co_qualname"})
_FRAMEWORKS = frozenset({"pytest", "_pytest", "unittest", "nose"})


def harness(module: Module) -> Iterator[Signal]:
    for text, line in _words(module):
        if found := _own_names().search(text):
            yield Signal(_DETECTS, found[0], line, _WHY, certain=True)
        elif "hotloop" in text.lower():
            yield Signal("names Hotloop", text[:80], line, _WHY)
    for text, node in module.texts():
        if text.startswith(("PYTEST_", "_PYTEST")):
            yield Signal(_DETECTS, text[:80], node.lineno, _WHY, certain=True)
    yield from _framework_loaded(module)
    yield from _frame_parts(module)
    yield from _callers(module)


@cache
def _own_names() -> re.Pattern[str]:
    """Files that Hotloop brings into a sandbox, and its variables, as whole words."""
    stems = {path.stem for folder in (RUNNER, REPORTERS) for path in folder.glob("*.py")}
    own = sorted(stem for stem in stems if stem.startswith("hotloop_") or stem.endswith("_reporter"))
    return re.compile(rf"(?<![A-Za-z0-9_])(?:{'|'.join(map(re.escape, own))}|HOTLOOP_[A-Z]+)(?![A-Za-z0-9_])")


def _words(module: Module) -> Iterator[tuple[str, int]]:
    """Every text and name in the code."""
    yield from ((text, node.lineno) for text, node in module.texts())
    for node in module.nodes:
        if isinstance(node, ast.Name):
            yield node.id, node.lineno
        elif isinstance(node, ast.Attribute):
            yield node.attr, node.lineno
        elif isinstance(node, ast.Import | ast.ImportFrom):
            origin = getattr(node, "module", None) or ""
            yield from ((f"{origin} {alias.name}", node.lineno) for alias in node.names)


def _framework_loaded(module: Module) -> Iterator[Signal]:
    """`"pytest" in sys.modules` and `sys.modules.get("pytest")`."""
    for node in module.nodes:
        asked: ast.expr | None = None
        if isinstance(node, ast.Compare) and module.names.dotted(node.comparators[0]) == "sys.modules":
            asked = node.left
        elif isinstance(node, ast.Call) and module.names.dotted(node.func) == "sys.modules.get" and node.args:
            asked = node.args[0]
        name = constant_text(asked)
        if name is not None and name.split(".")[0] in _FRAMEWORKS and isinstance(node, ast.expr):
            yield Signal(_DETECTS, f"{name} in sys.modules", node.lineno, _WHY, certain=True)


def _callers(module: Module) -> Iterator[Signal]:
    """`frame.f_code.co_name == "timed"`: the way taken depends on who calls."""
    for node in module.nodes:
        if isinstance(node, ast.Compare):
            sides = (node.left, *node.comparators)
            asked = [
                one.attr for one in sides if isinstance(one, ast.Attribute) and one.attr in _CALLER_PARTS
            ]
            if asked and any(constant_text(one) is not None for one in sides):
                yield Signal(_DETECTS, f"frame's {asked[0]}", node.lineno, _WHY, certain=True)


def _frame_parts(module: Module) -> Iterator[Signal]:
    for node in module.nodes:
        if isinstance(node, ast.Attribute) and node.attr in _FRAME_PARTS:
            parent = module.scopes.parent(node)
            written = isinstance(parent, ast.Subscript) and not isinstance(parent.ctx, ast.Load)
            why = "frames tell who calls, and writing to them changes the caller"
            yield Signal("looks at stack frames", node.attr, node.lineno, why, certain=written)
