"""Ends that come from outside the tests' sight: signals to itself, interrupts raised."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from hotloop.agent.integrity.module import Module, Signal

_ITSELF = frozenset({"os.getpid", "os.getppid", "os.getpgrp", "os.getpgid", "threading.get_ident"})
_SENDERS = frozenset({"os.kill", "os.killpg", "signal.pthread_kill"})


def endings(module: Module) -> Iterator[Signal]:
    for node in module.nodes:
        if isinstance(node, ast.Call) and module.names.dotted(node.func) in _SENDERS and node.args:
            whom = node.args[0]
            if isinstance(whom, ast.Call) and module.names.dotted(whom.func) in _ITSELF:
                why = (
                    "a process that ends itself or its parent takes the tests that would have failed with it"
                )
                yield Signal("ends the process", "kill", node.lineno, why, certain=True)
        elif isinstance(node, ast.Raise) and node.exc is not None:
            raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            name = module.names.dotted(raised)
            if name in {"builtins.SystemExit", "builtins.KeyboardInterrupt", "builtins.GeneratorExit"}:
                why = "most that would report a failure lets this exception through"
                yield Signal("ends the process by an exception", name, node.lineno, why)
