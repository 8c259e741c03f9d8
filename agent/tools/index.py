"""Definitions and uses by name over a whole draft; only files that hold the name are parsed."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from hotloop.agent.tools.base import Misuse
from hotloop.agent.tools.draft import Draft
from hotloop.agent.tools.symbols import Definition, Module, Origin, Use, module_of, parse

_LARGEST = 1 << 20


class Index:
    """Safe from several threads. What is parsed once is kept until its text changes.

    roots: folders that modules are imported from, relative to the tree.
    """

    def __init__(self, draft: Draft, roots: Iterable[PurePosixPath] = ()) -> None:
        self._draft = draft
        # A relative import is told from the tree's own root.
        self._roots = frozenset({"", *("" if str(root) == "." else f"{root}/" for root in roots)})
        self._parsed: dict[str, tuple[str, Module | None]] = {}
        self._lock = threading.Lock()

    def definitions(self, name: str) -> list[Definition]:
        """Of a plain name, or of the end of a dotted one ("Class.method", "pkg.core.total")."""
        return [
            one
            for module in self._holding(name.rpartition(".")[2])
            for one in module.definitions
            if f".{one.module}.{one.name}".endswith(f".{name}")
        ]

    def uses(self, name: str, definitions: list[Definition]) -> list[tuple[Use, bool]]:
        """Of the last part of `name`; each with whether it is surely one of `definitions`."""
        last = name.rpartition(".")[2]
        return [
            (use, any(self._is(use, one, module) for one in definitions))
            for module in self._holding(last)
            for use in module.uses
            if use.name == last
        ]

    def _holding(self, word: str) -> Iterator[Module]:
        for path in self._draft.paths():
            if path.endswith((".py", ".pyi")):
                module = self._module(path, word)
                if module is not None:
                    yield module

    def _module(self, path: str, word: str) -> Module | None:
        try:
            text = self._draft.text(path)
        except Misuse:  # no text, so nothing is defined there
            return None
        if word not in text or len(text) > _LARGEST:
            return None
        with self._lock:
            known = self._parsed.get(path)
        if known is not None and known[0] == text:
            return known[1]
        module = parse(path, text)
        with self._lock:
            self._parsed[path] = (text, module)
        return module

    def _is(self, use: Use, definition: Definition, module: Module) -> bool:
        """Whether the source alone shows that `use` names `definition`; rebinding at run time aside."""
        scope, _, name = definition.name.rpartition(".")
        if use.name != name:
            return False
        if use.owner in {"self", "cls"}:
            return bool(scope) and use.path == definition.path and f"{use.within}.".startswith(f"{scope}.")
        if scope or use.owner:
            return self._names(use.owner, scope, definition, module)
        bound = module.imports.get(name)
        if bound is None:
            return use.path == definition.path
        return bound.name == name and self._is_module(bound.module, definition)

    def _names(self, owner: str, scope: str, definition: Definition, module: Module) -> bool:
        """Whether the dotted `owner` is the module of `definition`, or the class `scope` in it."""
        if owner in {"", "?"}:
            return False
        if scope and owner == scope and module.path == definition.path:
            return True
        head, _, rest = owner.partition(".")
        origin = module.imports.get(head, Origin(head))
        full = ".".join(part for part in (origin.module, origin.name, rest) if part)
        inside = full.removesuffix(f".{scope}") if scope else full
        return (not scope or inside != full) and self._is_module(inside, definition)

    def _is_module(self, module: str, definition: Definition) -> bool:
        path = definition.path
        return any(
            path.startswith(root) and module_of(path.removeprefix(root)) == module for root in self._roots
        )
