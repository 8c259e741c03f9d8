"""The garbage collector switched off and left so."""

from __future__ import annotations

from collections.abc import Iterator

from hotloop.agent.integrity.module import Module, Signal


def collector(module: Module) -> Iterator[Signal]:
    """Certain only where nothing in the file switches it on again."""
    restored = any(name == "gc.enable" for name, _ in module.references)
    for name, node in module.references:
        if name == "gc.disable":
            why = "the time is moved to later code, and cycles stay in memory"
            yield Signal("switches the collector off", name, node.lineno, why, certain=not restored)
