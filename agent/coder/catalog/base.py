"""What a rewrite is, what a site is, and how a site becomes new source text."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import libcst as cst
from libcst.helpers import parse_template_expression

from hotloop.agent.coder.catalog.code import Code, Edit, Edits, Function


@dataclass(frozen=True)
class Change:
    """One place a rewrite fits. `nodes` are what it replaces, for its lines and its identity.

    edits: from a node to what becomes of it once the edits below it are done.
    imports: statements that must stand at the top of the module.
    constants: definitions to stand before the top-level statement of the function.
    mark: the place's identity where the text of `nodes` is too much of it.
    """

    nodes: tuple[cst.CSTNode, ...]
    what: str
    edits: Edits
    imports: frozenset[str] = frozenset()
    constants: tuple[str, ...] = ()
    mark: str = ""


@dataclass(frozen=True)
class Rewrite:
    """A way to say the same thing faster.

    gain: typical speedup of the rewritten lines, a ratio; it only ranks. when_wrong:
    when it changes behaviour or is slower. find: the places in one function.
    together: places in one function are too small to measure alone and make one site.
    """

    name: str
    summary: str
    when_wrong: str
    gain: float
    find: Callable[[Code, Function], Iterator[Change]]
    together: bool = False

    def sites(self, code: Code, functions: Iterable[Function]) -> list[Site]:
        found: list[Site] = []
        for function in functions:
            changes = list(self.find(code, function))
            groups = [changes] if self.together and changes else [[change] for change in changes]
            found += [Site(self, code, function, tuple(group)) for group in groups]
        return found


@dataclass(frozen=True)
class Site:
    """A rewrite at one place, or at all its small places in one function."""

    rewrite: Rewrite
    code: Code
    function: Function
    changes: tuple[Change, ...] = field(repr=False)

    @property
    def qualname(self) -> str:
        return self.function.qualname

    @property
    def lines(self) -> tuple[int, int]:
        """First and last line that the site touches in the function."""
        spans = [self.code.lines(node) for change in self.changes for node in change.nodes]
        return min(first for first, _ in spans), max(last for _, last in spans)

    @property
    def summary(self) -> str:
        texts = list(dict.fromkeys(change.what for change in self.changes))
        more = f" and {len(texts) - 3} more" if len(texts) > 3 else ""
        return f"{self.rewrite.name} in {self.qualname}: {'; '.join(texts[:3])}{more}"

    @property
    def identity(self) -> str:
        """Stable while the place reads the same, wherever in the file it has moved."""
        texts = [c.mark or "\n".join(map(self.code.text, c.nodes)) for c in self.changes]
        plain = "\n".join([self.qualname, self.rewrite.name, *(" ".join(text.split()) for text in texts)])
        return hashlib.sha256(plain.encode()).hexdigest()[:16]

    def render(self) -> str:
        """The whole file with the rewrite applied."""
        edits = {node: edit for change in self.changes for node, edit in change.edits.items()}
        constants = dict.fromkeys(line for change in self.changes for line in change.constants)
        imports = sorted({line for change in self.changes for line in change.imports})
        top = [*self.code.ancestors(self.function.node)]
        anchor = top[-2] if len(top) > 1 else self.function.node
        if constants:
            edits[anchor] = _preceded(list(constants), edits.get(anchor))
        module = self.code.module.visit(_Apply(edits))
        assert isinstance(module, cst.Module)
        return with_imports(module, imports).code


class _Apply(cst.CSTTransformer):
    def __init__(self, edits: dict[cst.CSTNode, Edit]) -> None:
        super().__init__()
        self._edits = edits

    def on_leave(self, original: cst.CSTNode, updated: cst.CSTNode) -> cst.CSTNode:  # type: ignore[override]  # an edit may also remove or multiply
        edit = self._edits.get(original)
        return edit(updated) if edit is not None else updated  # type: ignore[return-value]  # the same


def _preceded(lines: list[str], then: Edit | None) -> Edit:
    """Put lines, and an empty one, before a top-level statement and the comments that belong to it."""

    def edit(updated: cst.CSTNode) -> cst.FlattenSentinel[cst.CSTNode]:
        assert isinstance(updated, cst.BaseCompoundStatement)
        first, *rest = [cst.parse_statement(line) for line in lines]
        gap = [line for line in updated.leading_lines if line.comment is None][:2]
        first = first.with_changes(leading_lines=gap)
        own = list(updated.leading_lines)
        blanks = cst.EmptyLine(indent=False)
        spaced = own if own and own[0].comment is None else [blanks, blanks, *own]
        statement = updated.with_changes(leading_lines=spaced)
        after = then(statement) if then is not None else statement
        assert isinstance(after, cst.CSTNode)
        return cst.FlattenSentinel([first, *rest, after])

    return edit


def with_imports(module: cst.Module, imports: list[str]) -> cst.Module:
    """Add import statements after the module's first block of imports, each at most once."""
    present = {module.code_for_node(line).strip() for line in module.body}
    fresh = [cst.parse_statement(line) for line in imports if line not in present]
    if not fresh:
        return module
    at = _imports_end(module)
    body = list(module.body)
    if at == 0 and body:
        blank = cst.EmptyLine(indent=False)
        body[0] = body[0].with_changes(leading_lines=[blank, *body[0].leading_lines])
    elif at > 0 and not _is_import(body[at - 1]):
        fresh[0] = fresh[0].with_changes(leading_lines=[cst.EmptyLine(indent=False)])
    return module.with_changes(body=[*body[:at], *fresh, *body[at:]])


def _imports_end(module: cst.Module) -> int:
    """Where the first run of imports ends; behind the docstring and `from __future__` in any case."""
    at = 0
    if module.get_docstring() is not None:
        at = 1
    while at < len(module.body) and _is_import(module.body[at]):
        at += 1
    return at


def _is_import(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.SimpleStatementLine) and all(
        isinstance(part, cst.Import | cst.ImportFrom) for part in node.body
    )


def becomes(node: cst.CSTNode | cst.FlattenSentinel[cst.CSTNode] | cst.RemovalSentinel) -> Edit:
    """An edit that forgets what was there."""
    return lambda updated: node


def build(template: str, **parts: cst.BaseExpression) -> cst.BaseExpression:
    """An expression from a template, `{name}` standing for a node.

    A part is put in parentheses where it needs them; the only argument of a call needs none.
    """
    fitted = {n: bare(part) if f"({{{n}}})" in template else grouped(part) for n, part in parts.items()}
    return parse_template_expression(template, cst.PartialParserConfig(), **fitted)


ATOMS = (cst.Name, cst.Attribute, cst.Subscript, cst.Call, cst.BaseNumber, cst.SimpleString)
BRACKETED = (cst.FormattedString, cst.List, cst.ListComp, cst.Set, cst.SetComp, cst.Dict, cst.DictComp)


def grouped(node: cst.BaseExpression) -> cst.BaseExpression:
    """The expression so that it can stand anywhere in another one."""
    if node.lpar or isinstance(node, ATOMS + BRACKETED):
        return node
    return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def bare(node: cst.BaseExpression) -> cst.BaseExpression:
    """The expression for a place that has brackets of its own; a tuple and what spans lines keep theirs."""
    if isinstance(node, cst.Tuple | cst.GeneratorExp | cst.NamedExpr | cst.Yield):
        return node
    return node.with_changes(lpar=[], rpar=[])


def call(func: str, *args: cst.BaseExpression) -> cst.Call:
    return cst.Call(cst.parse_expression(func), [cst.Arg(bare(arg)) for arg in args])


def put_before(lines: Iterable[str]) -> Edit:
    """Insert statements before one, below its comments' blank lines."""
    new = [cst.parse_statement(line) for line in lines]

    def edit(updated: cst.CSTNode) -> cst.FlattenSentinel[cst.CSTNode]:
        assert isinstance(updated, cst.For | cst.While | cst.SimpleStatementLine | cst.If | cst.With)
        first = new[0].with_changes(leading_lines=updated.leading_lines)
        return cst.FlattenSentinel([first, *new[1:], updated.with_changes(leading_lines=())])

    return edit


@dataclass(frozen=True)
class Imported:
    """How to name something of another module: the expression, and the import it still needs."""

    expression: str
    statement: frozenset[str]


def importing(code: Code, module: str, name: str) -> Imported | None:
    """A way to say `module.name` in this file that clashes with nothing, or None."""
    present = _top_imports(code)
    for qualified, expression in ((f"{module}.{name}", "{}"), (module, "{}." + name)):
        if qualified in present and _stored_once(code, present[qualified].partition(".")[0]):
            return Imported(expression.format(present[qualified]), frozenset())
    if name not in code.words:
        return Imported(name, frozenset({f"from {module} import {name}"}))
    if module.partition(".")[0] not in code.words:
        return Imported(f"{module}.{name}", frozenset({f"import {module}"}))
    return None


def _top_imports(code: Code) -> dict[str, str]:
    """From qualified names to what the module's unconditional imports call them."""
    lines = (line for line in code.module.body if isinstance(line, cst.SimpleStatementLine))
    found: dict[str, str] = {}
    for part in (part for line in lines for part in line.body):
        origin = ""
        if isinstance(part, cst.ImportFrom) and part.module is not None and not part.relative:
            origin = f"{code.text(part.module)}."
        if isinstance(part, cst.Import) or (origin and isinstance(part, cst.ImportFrom)):
            names = () if isinstance(part.names, cst.ImportStar) else part.names
            found |= {origin + i.evaluated_name: i.evaluated_alias or i.evaluated_name for i in names}
    return found


def _stored_once(code: Code, name: str) -> bool:
    nodes = code.inside(code.module)
    return sum(isinstance(n, cst.Name) and n.value == name and code.stores(n) for n in nodes) == 1


def constant_for(code: Code, value: str) -> str | None:
    """The module-level name that already stands for exactly this expression and is bound once."""
    lines = (line for line in code.module.body if isinstance(line, cst.SimpleStatementLine))
    for part in (line.body[0] for line in lines):
        if isinstance(part, cst.Assign) and len(part.targets) == 1 and code.text(part.value) == value:
            target = part.targets[0].target
            if isinstance(target, cst.Name) and _stored_once(code, target.value):
                return target.value
    return None


def fresh_name(code: Code, wanted: str, taken: Iterable[str] = ()) -> str:
    """`wanted`, numbered if the file already uses it."""
    used = code.words | set(taken)
    names = (wanted if number == 1 else f"{wanted}_{number}" for number in range(1, 1000))
    return next(name for name in names if name not in used)
