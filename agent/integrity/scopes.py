"""Which scope of a module binds a name, and to what: Python's own rules, read from the tree."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

Function = ast.FunctionDef | ast.AsyncFunctionDef
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
ScopeNode = ast.Module | Function | ast.Lambda | ast.ClassDef | Comprehension

_SCOPES = (
    ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef,
    ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
)  # fmt: skip


@dataclass(frozen=True)
class Binding:
    """imported: the dotted name an import binds. value: the expression an assignment or default
    gives it. definition: a function or class. All None: a loop, a parameter and the like."""

    imported: str | None = None
    value: ast.expr | None = None
    definition: Function | ast.ClassDef | None = None


@dataclass
class Scope:
    """names: every binding of each name. outer: names that `global` or `nonlocal` send elsewhere."""

    node: ScopeNode
    names: dict[str, list[Binding]] = field(default_factory=lambda: defaultdict(list))
    outer: dict[str, str] = field(default_factory=dict)


class Scopes:
    """A module's scopes, and the way from each node to the one it is in."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.parents: dict[int, ast.AST] = {}
        self.nodes: list[ast.AST] = []
        self._scopes: dict[int, Scope] = {}
        self.stars: list[str] = []
        self._walk()
        for node in self.nodes:  # first, as they hold for the whole function whatever line they are on
            if isinstance(node, ast.Global | ast.Nonlocal):
                word = "global" if isinstance(node, ast.Global) else "nonlocal"
                self.scope(node).outer.update(dict.fromkeys(node.names, word))
        for node in self.nodes:
            self._bind(node)

    def parent(self, node: ast.AST) -> ast.AST | None:
        return self.parents.get(id(node))

    def around(self, node: ast.AST) -> Iterator[Scope]:
        """The scopes that `node` is in, innermost first; decorators and defaults lie outside theirs."""
        inner, outer = node, self.parent(node)
        while outer is not None:
            if isinstance(outer, _SCOPES) and _within(inner, outer):
                yield self._scopes[id(outer)]
            inner, outer = outer, self.parent(outer)

    def scope(self, node: ast.AST) -> Scope:
        return next(self.around(node), self._scopes[id(self.tree)])

    @property
    def module(self) -> Scope:
        return self._scopes[id(self.tree)]

    def function(self, node: ast.AST) -> Function | ast.Lambda | None:
        """The innermost function whose call runs `node`; None for what runs at import."""
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
        return next((one.node for one in self.around(node) if isinstance(one.node, kinds)), None)

    def owner(self, name: str, node: ast.AST) -> Scope | None:
        """The scope whose binding `name` means at `node`; None for a builtin or unknown name."""
        for depth, scope in enumerate(self.around(node)):
            if depth and isinstance(scope.node, ast.ClassDef):
                continue
            if scope.outer.get(name) == "global":
                return self.module if name in self.module.names else None
            if name in scope.names and name not in scope.outer:
                return scope
        return None

    def _walk(self) -> None:
        """Without recursion: a hostile file may nest as deep as the parser lets it."""
        waiting: list[ast.AST] = [self.tree]
        while waiting:
            node = waiting.pop()
            self.nodes.append(node)
            if isinstance(node, _SCOPES):
                self._scopes[id(node)] = Scope(node)
            for child in ast.iter_child_nodes(node):
                self.parents[id(child)] = node
                waiting.append(child)

    def _bind(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import | ast.ImportFrom):
            self._bind_import(node)
        elif isinstance(node, Function | ast.ClassDef):
            self._add(node, node.name, Binding(definition=node))
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            self._add(node, node.id, Binding(value=self._assigned(node)))
        elif isinstance(node, ast.arguments):
            self._bind_arguments(node)
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            self._add(node, node.name, Binding())

    def _add(self, node: ast.AST, name: str, binding: Binding) -> None:
        scope = self.scope(node)
        if isinstance(self.parent(node), ast.NamedExpr):  # binds in the function around a comprehension
            scope = next(one for one in self.around(node) if not isinstance(one.node, Comprehension))
        elsewhere = scope.outer.get(name)
        if elsewhere != "nonlocal":
            (self.module if elsewhere else scope).names[name].append(binding)

    def _bind_import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if isinstance(node, ast.Import):
                whole = alias.asname is not None
                first = alias.name.partition(".")[0]
                self._add(node, alias.asname or first, Binding(imported=alias.name if whole else first))
                continue
            origin = "." * node.level + (node.module or "")
            if alias.name == "*":
                self.stars.append(origin)
            else:
                self._add(node, alias.asname or alias.name, Binding(imported=f"{origin}.{alias.name}"))

    def _bind_arguments(self, node: ast.arguments) -> None:
        owner = self.parent(node)
        if not isinstance(owner, Function | ast.Lambda):
            return
        scope = self._scopes[id(owner)]
        for argument, default in defaults_of(node):
            scope.names[argument.arg].append(Binding(value=default))

    def _assigned(self, node: ast.Name) -> ast.expr | None:
        """The expression that `node` is set to, as it stands; None where it is a part of one."""
        parent = self.parent(node)
        if isinstance(parent, ast.Assign) and node in parent.targets:
            return parent.value
        if isinstance(parent, ast.AnnAssign | ast.NamedExpr):
            return parent.value
        return None


def defaults_of(node: ast.arguments) -> Iterator[tuple[ast.arg, ast.expr | None]]:
    """Every parameter with its default, None where it has none."""
    plain = [*node.posonlyargs, *node.args]
    missing = len(plain) - len(node.defaults)
    yield from zip(plain, [*[None] * missing, *node.defaults], strict=True)
    yield from zip(node.kwonlyargs, node.kw_defaults, strict=True)
    yield from ((extra, None) for extra in (node.vararg, node.kwarg) if extra is not None)


def _within(inner: ast.AST, scope: ast.AST) -> bool:
    """Whether a child of `scope` is evaluated in it, and not where it is defined."""
    if isinstance(scope, ast.Lambda):
        return inner is scope.body
    return isinstance(inner, ast.stmt) or not isinstance(scope, Function | ast.ClassDef)
