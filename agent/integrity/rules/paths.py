"""Places outside the package that the code names: git's files, the system's, temporary ones."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from hotloop.agent.integrity.module import Module, Signal

_SYSTEM = re.compile(r"^/(?:proc|sys|dev|tmp|var|home|root|etc|usr|opt|mnt|run|work)(?:/|$)")
_GIT = re.compile(r"(?:^|/)\.git(?:/|$)")
_SHARED_MEMORY = "/dev/shm"


def paths(module: Module) -> Iterator[Signal]:
    for text, node in module.texts():
        if _GIT.search(text) and len(text) < 300:
            why = "the history holds other versions of this code, and perhaps the answer"
            yield Signal("names git's files", text, node.lineno, why)
        elif text.startswith(_SHARED_MEMORY):
            why = "what lies there outlives the process: a later call finds an earlier one's answer"
            yield Signal("names shared memory", text[:80], node.lineno, why)
        elif _SYSTEM.match(text):
            why = "what lies there tells where the code runs, and outlives the call"
            yield Signal("names a place of the system", text[:80], node.lineno, why)
    for name in module.nodes:
        if isinstance(name, ast.Name) and name.id == "__file__":
            why = "the place may tell base from patch"
            yield Signal("reads where its own file lies", name.id, name.lineno, why)
