"""What an expression means: `p` is `time.perf_counter` after `from time import perf_counter as p`."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from hotloop.agent.integrity.scopes import Binding, Scope, Scopes

_DEEPEST = 24
"""Steps of one chain of aliases. A longer one is not followed."""

_SAME = {"posix": "os", "nt": "os", "_signal": "signal", "_io": "io", "_random": "random"}
_BUILTINS = frozenset(dir(builtins))


class Names:
    """Resolves expressions of one module to dotted names of what was imported.

    Follows aliases (`t = time`), `getattr` with a constant, `__import__`,
    `importlib.import_module`, `sys.modules[...]`, `vars(...)` and `__dict__`.
    A parameter or a local of the same name hides an import, as in Python.
    """

    def __init__(self, scopes: Scopes) -> None:
        self.scopes = scopes
        self._known: dict[int, str | None] = {}

    def dotted(self, node: ast.AST | None, depth: int = 0) -> str | None:
        """The name, or None for what is made here or cannot be told."""
        if node is None or depth > _DEEPEST:
            return None
        if id(node) not in self._known:
            self._known[id(node)] = None  # an alias of itself ends here
            self._known[id(node)] = self._resolve(node, depth + 1)
        return self._known[id(node)]

    def _resolve(self, node: ast.AST, depth: int) -> str | None:
        if isinstance(node, ast.Name):
            return self._name(node, depth)
        if isinstance(node, ast.Attribute):
            return self._part(self.dotted(node.value, depth), node.attr)
        if isinstance(node, ast.Subscript):
            return self._item(node, depth)
        if isinstance(node, ast.Call):
            return self._called(node, depth)
        return self.dotted(node.value, depth) if isinstance(node, ast.NamedExpr) else None

    def _name(self, node: ast.Name, depth: int) -> str | None:
        owner = self.scopes.owner(node.id, node)
        if owner is not None:
            return self._bound(owner, node.id, depth)
        if node.id in _BUILTINS or node.id == "__builtins__":
            return "builtins" if node.id == "__builtins__" else f"builtins.{node.id}"
        return next((f"{_canonical(star)}.{node.id}" for star in self.scopes.stars), None)

    def _bound(self, owner: Scope, name: str, depth: int) -> str | None:
        """The first binding that can be told: `try: import a as x; except ImportError: import b as x`."""
        bindings = owner.names[name]
        meant = (self._binding(binding, depth) for binding in bindings)
        return next((one for one in meant if one is not None), None)

    def _binding(self, binding: Binding, depth: int) -> str | None:
        if binding.imported is not None:
            return _canonical(binding.imported)
        return self.dotted(binding.value, depth)

    def _part(self, whole: str | None, name: str) -> str | None:
        if whole is None:
            return None
        return _canonical(f"{whole.removesuffix('.__dict__')}.{name}") if name else None

    def _item(self, node: ast.Subscript, depth: int) -> str | None:
        key = constant_text(node.slice)
        whole = self.dotted(node.value, depth)
        if key is None:
            return None
        if whole == "sys.modules":
            return _canonical(key)
        if whole is not None and (whole.endswith(".__dict__") or whole == "builtins"):
            return self._part(whole, key)
        if isinstance(node.value, ast.Call) and self.dotted(node.value.func, depth) == "builtins.globals":
            return self._bound(self.scopes.module, key, depth) if key in self.scopes.module.names else None
        return None

    def _called(self, node: ast.Call, depth: int) -> str | None:
        function = self.dotted(node.func, depth)
        first = node.args[0] if node.args else None
        if function in {"builtins.__import__", "importlib.import_module"}:
            key = constant_text(first)
            return _canonical(key) if key else None
        if function == "builtins.getattr" and len(node.args) >= 2:
            return self._part(self.dotted(first, depth), constant_text(node.args[1]) or "")
        if function == "builtins.vars" and len(node.args) == 1:
            whole = self.dotted(first, depth)
            return f"{whole}.__dict__" if whole else None
        return None

    def references(self) -> Iterator[tuple[str, ast.expr]]:
        """Each use of an imported or builtin name, the whole chain at once, with its dotted name."""
        for node in self.scopes.nodes:
            if not isinstance(node, ast.Name | ast.Attribute | ast.Subscript | ast.Call):
                continue
            if isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
                continue
            name = self.dotted(node)
            if name is not None and not self._continued(node):
                yield name, node

    def _continued(self, node: ast.AST) -> bool:
        """Whether a longer expression around it resolves too and stands for it."""
        parent = self.scopes.parent(node)
        inner = isinstance(parent, ast.Attribute | ast.Subscript) and parent.value is node
        return inner and self.dotted(parent) is not None


def constant_text(node: ast.AST | None) -> str | None:
    """The text of a constant, also of one put together from constants."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = constant_text(node.left), constant_text(node.right)
        return None if left is None or right is None else left + right
    if isinstance(node, ast.JoinedStr):
        parts = [constant_text(part) for part in node.values]
        return None if None in parts else "".join(part for part in parts if part)
    return None


def _canonical(name: str) -> str:
    first, dot, rest = name.partition(".")
    return f"{_SAME.get(first, first)}{dot}{rest}"
