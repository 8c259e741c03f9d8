"""One source file, parsed, with the questions that every rewrite asks of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import libcst as cst
from libcst import metadata

T = TypeVar("T", bound=cst.CSTNode)
Edit = Callable[[cst.CSTNode], cst.CSTNode | cst.FlattenSentinel[cst.CSTNode] | cst.RemovalSentinel]
Edits = dict[cst.CSTNode, Edit]
Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement

SCOPES = (cst.FunctionDef, cst.ClassDef, cst.Lambda)


@dataclass(frozen=True, eq=False)
class Function:
    """A `def`. `qualname` is dotted ("Class.method"), `line` its first, decorators included."""

    code: Code
    node: cst.FunctionDef
    qualname: str
    line: int

    @cached_property
    def nodes(self) -> list[cst.CSTNode]:
        """Everything inside, nested functions too, in source order."""
        return self.code.inside(self.node)

    @cached_property
    def own(self) -> list[cst.CSTNode]:
        """Everything that runs in this function's own frame or in its comprehensions and lambdas."""
        return [node for node in self.code.inside(self.node.body) if self.code.function_of(node) is self.node]

    @cached_property
    def names(self) -> dict[str, list[cst.Name]]:
        """Occurrences of each variable name, in nested functions and as parameters too."""
        found: defaultdict[str, list[cst.Name]] = defaultdict(list)
        for node in self.nodes:
            if isinstance(node, cst.Name) and self.code.is_variable(node):
                found[node.value].append(node)
        return found

    @cached_property
    def declared(self) -> frozenset[str]:
        """Names under `global` or `nonlocal` anywhere inside."""
        return frozenset(
            item.name.value
            for node in self.nodes
            if isinstance(node, cst.Global | cst.Nonlocal)
            for item in node.names
        )

    @cached_property
    def sees_names(self) -> bool:
        """Whether it calls something that reads local variables by name."""
        return any(name in self.names for name in ("locals", "vars", "eval", "exec", "dir"))

    def is_local(self, name: str) -> bool:
        return (
            name not in self.declared
            and not self.sees_names
            and any(self.code.stores(node) for node in self.names.get(name, []))
        )

    def of_type(self, kind: type[T]) -> Iterator[T]:
        """The function's own nodes of one type."""
        return (node for node in self.own if isinstance(node, kind))


@dataclass(eq=False)
class Code:
    """A parsed file. Raises cst.ParserSyntaxError when it is no Python that LibCST reads."""

    source: str
    _order: list[cst.CSTNode] = field(default_factory=list)
    _parents: dict[cst.CSTNode, cst.CSTNode] = field(default_factory=dict)
    _ends: dict[cst.CSTNode, tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._wrapper = metadata.MetadataWrapper(cst.parse_module(self.source), unsafe_skip_copy=True)
        self.module = self._wrapper.module
        self._number(self.module)

    def _number(self, node: cst.CSTNode) -> None:
        begin = len(self._order)
        self._order.append(node)
        for child in node.children:
            self._parents[child] = node
            self._number(child)
        self._ends[node] = (begin, len(self._order))

    @cached_property
    def _positions(self) -> dict[cst.CSTNode, metadata.CodeRange]:
        return dict(self._wrapper.resolve(metadata.PositionProvider))

    @cached_property
    def _scopes(self) -> dict[cst.CSTNode, metadata.Scope | None]:
        return dict(self._wrapper.resolve(metadata.ScopeProvider))

    @cached_property
    def functions(self) -> list[Function]:
        """Every `def` of the file, in source order."""
        nodes = [node for node in self._order if isinstance(node, cst.FunctionDef)]
        return [Function(self, node, self._qualname(node), self._first_line(node)) for node in nodes]

    def _qualname(self, node: cst.FunctionDef) -> str:
        outer = [a.name.value for a in self.ancestors(node) if isinstance(a, cst.FunctionDef | cst.ClassDef)]
        return ".".join([*reversed(outer), node.name.value])

    def _first_line(self, node: cst.FunctionDef) -> int:
        return min([self.lines(node)[0], *(self.lines(item)[0] for item in node.decorators)])

    @cached_property
    def words(self) -> frozenset[str]:
        """Every variable and everything imported in the file: a name outside it clashes with nothing here."""
        names = (node for node in self._order if isinstance(node, cst.Name))
        return frozenset(node.value for node in names if not self._is_attribute(node))

    def _is_attribute(self, node: cst.Name) -> bool:
        """Whether the name follows a dot, outside imports."""
        parent = self._parents.get(node)
        if not isinstance(parent, cst.Attribute) or parent.value is node:
            return False
        return self.nearest(node, cst.Import, cst.ImportFrom) is None

    @cached_property
    def has_star_import(self) -> bool:
        return any(
            isinstance(node, cst.ImportFrom) and isinstance(node.names, cst.ImportStar)
            for node in self._order
        )

    def inside(self, node: cst.CSTNode) -> list[cst.CSTNode]:
        """The node and all below it, in source order."""
        begin, end = self._ends[node]
        return self._order[begin:end]

    def contains(self, outer: cst.CSTNode, node: cst.CSTNode) -> bool:
        begin, end = self._ends[outer]
        return begin <= self._ends[node][0] < end

    def before(self, one: cst.CSTNode, other: cst.CSTNode) -> bool:
        """Whether `one` ends before `other` begins, in the text."""
        return self._ends[one][1] <= self._ends[other][0]

    def parent(self, node: cst.CSTNode) -> cst.CSTNode:
        return self._parents[node]

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """Innermost first, the module last."""
        while node in self._parents:
            node = self._parents[node]
            yield node

    def nearest(self, node: cst.CSTNode, *kinds: type[cst.CSTNode]) -> cst.CSTNode | None:
        """The innermost node around this one that is of one of these types."""
        return next((above for above in self.ancestors(node) if isinstance(above, kinds)), None)

    def function_of(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The innermost `def` or `class` around the node."""
        return self.nearest(node, cst.FunctionDef, cst.ClassDef)

    def loop_of(self, node: cst.CSTNode) -> cst.For | cst.While | None:
        """The innermost loop of the same function that runs the node again and again."""
        below = node
        for above in self.ancestors(node):
            if isinstance(above, SCOPES):
                return None
            if isinstance(above, cst.For) and below is above.body:
                return above
            if isinstance(above, cst.While) and below is not above.orelse:
                return above
            below = above
        return None

    def statement(self, node: cst.CSTNode) -> Statement | None:
        """The statement that the node is in, when it has a line of its own in a block."""
        for above in [node, *self.ancestors(node)]:
            if isinstance(above, cst.SimpleStatementLine | cst.BaseCompoundStatement):
                return above
            if isinstance(above, cst.SimpleStatementSuite):
                return None
        return None

    def block(self, statement: cst.CSTNode) -> tuple[cst.CSTNode, ...]:
        """The statements among which this one stands; empty for an `elif`."""
        parent = self._parents.get(statement)
        return tuple(parent.body) if isinstance(parent, cst.IndentedBlock | cst.Module) else ()

    def previous(self, statement: cst.CSTNode) -> cst.CSTNode | None:
        block = self.block(statement)
        at = block.index(statement) if statement in block else 0
        return block[at - 1] if at > 0 else None

    def lines(self, node: cst.CSTNode) -> tuple[int, int]:
        """First and last line, from 1."""
        span = self._positions[node]
        return span.start.line, span.end.line

    def text(self, node: cst.CSTNode) -> str:
        return self.module.code_for_node(node)

    def same(self, one: cst.CSTNode, other: cst.CSTNode) -> bool:
        return one.deep_equals(other)

    def has_comment(self, node: cst.CSTNode) -> bool:
        return any(isinstance(below, cst.Comment) for below in self.inside(node))

    def scope(self, node: cst.CSTNode) -> metadata.Scope | None:
        for above in [node, *self.ancestors(node)]:
            if (scope := self._scopes.get(above)) is not None:
                return scope
        return None

    def is_builtin(self, node: cst.CSTNode, *names: str) -> bool:
        """Whether the node is a name, one of `names`, that can only mean the builtin."""
        if not isinstance(node, cst.Name) or node.value not in names or self.has_star_import:
            return False
        scope = self.scope(node)
        found = scope[node.value] if scope is not None else set()
        return bool(found) and all(isinstance(item, metadata.BuiltinAssignment) for item in found)

    def means_builtin(self, name: str) -> bool:
        """Whether the name, written anywhere in the file, can only mean the builtin."""
        nodes = [
            n for n in self._order if isinstance(n, cst.Name) and n.value == name and self.is_variable(n)
        ]
        return not self.has_star_import and all(self.is_builtin(node, name) for node in nodes)

    def qualified(self, node: cst.CSTNode) -> str | None:
        """The dotted name that an imported name stands for, e.g. "re.match", when it is the only one."""
        if not isinstance(node, cst.Name | cst.Attribute):
            return None
        scope = self.scope(node)
        found = scope.get_qualified_names_for(node) if scope is not None else set()
        sources = {item.source for item in found}
        if len(found) != 1 or sources != {metadata.QualifiedNameSource.IMPORT}:
            return None
        return next(iter(found)).name

    def global_value(self, name: cst.Name) -> cst.BaseExpression | None:
        """What a module-level name is bound to, when it is assigned exactly once and never rebound."""
        scope = self.scope(name)
        found = list(scope[name.value]) if scope is not None else []
        if len(found) != 1 or not isinstance(found[0].scope, metadata.GlobalScope):
            return None
        node = getattr(found[0], "node", None)
        owner = self._parents.get(self._parents.get(node, self.module)) if node is not None else None
        if isinstance(owner, cst.Assign) and len(owner.targets) == 1 and owner.targets[0].target is node:
            return owner.value
        return None

    def is_variable(self, node: cst.Name) -> bool:
        """Whether a name stands for a variable: no attribute, no keyword, no part of an import."""
        parent = self._parents.get(node)
        if isinstance(parent, cst.Attribute):
            return parent.value is node
        if isinstance(parent, cst.Arg):
            return parent.keyword is not node
        if isinstance(parent, cst.ImportFrom | cst.Import | cst.NameItem):
            return False
        return not (isinstance(parent, cst.MatchKeywordElement) and parent.key is node)

    def stores(self, node: cst.Name) -> bool:
        """Whether this occurrence binds the name."""
        below: cst.CSTNode = node
        for above in self.ancestors(node):
            if isinstance(above, cst.Tuple | cst.List | cst.Element | cst.StarredElement):
                below = above
                continue
            return _binds(above, below)
        return False


def _binds(above: cst.CSTNode, below: cst.CSTNode) -> bool:
    if isinstance(
        above, cst.AssignTarget | cst.AnnAssign | cst.AugAssign | cst.NamedExpr | cst.For | cst.CompFor
    ):
        return above.target is below
    if isinstance(above, cst.Param | cst.FunctionDef | cst.ClassDef):
        return above.name is below
    return isinstance(
        above, cst.AsName | cst.ImportAlias | cst.MatchAs | cst.MatchStar | cst.MatchMapping | cst.Del
    )
