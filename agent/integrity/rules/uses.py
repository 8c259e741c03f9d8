"""Uses of names in the tables: clocks, frames, exit hooks, threads, networks and so on."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from hotloop.agent.integrity.module import Module, Signal
from hotloop.agent.integrity.rules.tables import CALLS, MODULES, Mark

_CALLS = {name: mark for mark in CALLS for name in mark.names}
_MODULES = {name: mark for mark in MODULES for name in mark.names}
_STREAMS = ("os.write", "os.dup2", "os.close", "os.closerange", "os.fdopen", "builtins.open")


def uses(module: Module) -> Iterator[Signal]:
    for name, node in module.references:
        mark, known = marked(name, _CALLS)
        if mark is not None:
            yield Signal(mark.kind, known, node.lineno, mark.why, mark.certain)
    yield from _modules(module)
    yield from _numbered_streams(module)


def marked(name: str, table: dict[str, Mark]) -> tuple[Mark | None, str]:
    """The mark of a dotted name or of the longest beginning of it that has one."""
    while name:
        if name in table:
            return table[name], name
        name = name.rpartition(".")[0]
    return None, ""


def _modules(module: Module) -> Iterator[Signal]:
    """By import, wherever it stands, or by any other way to the same module; once a module."""
    places = [(name, node.lineno) for name, node in module.references]
    for node in module.nodes:
        if isinstance(node, ast.Import):
            places += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            places += [(f"{node.module}.{alias.name}", node.lineno) for alias in node.names]
    seen: set[str] = set()
    for name, line in sorted(places, key=lambda place: place[1]):
        mark, known = marked(name, _MODULES)
        if mark is not None and known not in seen:
            seen.add(known)
            yield Signal(mark.kind, known, line, mark.why, mark.certain)


def _numbered_streams(module: Module) -> Iterator[Signal]:
    """`os.write(1, …)`: past Python's own streams, into what the runner reads."""
    for node in module.nodes:
        if not isinstance(node, ast.Call):
            continue
        name = module.names.dotted(node.func)
        number = next((arg.value for arg in node.args if isinstance(arg, ast.Constant)), None)
        if name in _STREAMS and type(number) is int and 0 < number < 16:  # 0 is but read from
            yield Signal(
                "uses a stream by its number",
                f"{name}({number})",
                node.lineno,
                "numbered streams are the runner's: what is written there can pass for its answer",
                certain=True,
            )
