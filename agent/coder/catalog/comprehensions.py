"""Loops that only fill a container, as the comprehension they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from hotloop.agent.coder.catalog.base import Change, Rewrite, bare, becomes
from hotloop.agent.coder.catalog.code import Code, Function
from hotloop.agent.coder.catalog.effects import has_suspension, is_pure


@dataclass(frozen=True)
class Filling:
    """`for … in …:` and `if …:`, nested, around one statement that puts something into `name`."""

    loops: cst.CompFor
    name: cst.Name
    key: cst.BaseExpression | None
    value: cst.BaseExpression
    method: str


def filling_of(node: cst.For) -> Filling | None:
    """Read a loop as a comprehension, None when it does anything else."""
    clauses: list[cst.For | cst.If] = []
    inner: cst.CSTNode = node
    while isinstance(inner, cst.For | cst.If):
        if inner.orelse is not None or (isinstance(inner, cst.For) and inner.asynchronous is not None):
            return None
        clauses.append(inner)
        if len(inner.body.body) != 1:
            return None
        inner = inner.body.body[0]
    if not isinstance(inner, cst.SimpleStatementLine) or len(inner.body) != 1:
        return None
    put = _put(inner.body[0])
    return None if put is None else Filling(_comp_for(clauses), *put)


def _put(
    node: cst.BaseSmallStatement,
) -> tuple[cst.Name, cst.BaseExpression | None, cst.BaseExpression, str] | None:
    call = node.value if isinstance(node, cst.Expr) else None
    if (
        isinstance(call, cst.Call)
        and isinstance(call.func, cst.Attribute)
        and isinstance(call.func.value, cst.Name)
    ):
        plain = len(call.args) == 1 and not call.args[0].star and call.args[0].keyword is None
        method = call.func.attr.value
        return (
            (call.func.value, None, call.args[0].value, method)
            if plain and method in ("append", "add")
            else None
        )
    if not isinstance(node, cst.Assign) or len(node.targets) != 1:
        return None
    target = node.targets[0].target
    if isinstance(target, cst.Subscript) and isinstance(target.value, cst.Name) and len(target.slice) == 1:
        index = target.slice[0].slice
        if isinstance(index, cst.Index) and index.star is None:
            return target.value, index.value, node.value, "item"
    return None


def _comp_for(clauses: list[cst.For | cst.If]) -> cst.CompFor:
    result: cst.CompFor | None = None
    tests: list[cst.CompIf] = []
    for clause in reversed(clauses):
        if isinstance(clause, cst.If):
            tests.insert(0, cst.CompIf(operand(clause.test)))
            continue
        result = cst.CompFor(clause.target, operand(clause.iter), tests, inner_for_in=result)
        tests = []
    assert result is not None
    return result


def operand(node: cst.BaseExpression) -> cst.BaseExpression:
    """A conditional, a lambda or a bare tuple needs parentheses behind `in` and `if`."""
    loose = isinstance(node, cst.IfExp | cst.Lambda | cst.Tuple | cst.NamedExpr) and not node.lpar
    return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()]) if loose else node


def find_appends(code: Code, function: Function) -> Iterator[Change]:
    yield from _find(code, function, ("append",))


def find_others(code: Code, function: Function) -> Iterator[Change]:
    yield from _find(code, function, ("add", "item"))


EMPTY = {"append": ("list", "[]"), "add": ("set", ""), "item": ("dict", "{}")}


def _find(code: Code, function: Function, methods: tuple[str, ...]) -> Iterator[Change]:
    for node in function.of_type(cst.For):
        filling = filling_of(node)
        if filling is None or filling.method not in methods:
            continue
        begin = code.previous(node)
        value = _emptied(code, begin, filling)
        if begin is None or value is None or not _is_safe(code, function, node, filling):
            continue
        made = spread(code, value, _made(filling))
        edits = {value: becomes(made), node: becomes(cst.RemoveFromParent())}
        yield Change((begin, node), f"build {filling.name.value} in one expression", edits)


def _emptied(code: Code, begin: cst.CSTNode | None, filling: Filling) -> cst.BaseExpression | None:
    """The empty container that the name is given on the line before."""
    if not isinstance(begin, cst.SimpleStatementLine) or len(begin.body) != 1:
        return None
    small = begin.body[0]
    if isinstance(small, cst.AnnAssign):
        target, value = small.target, small.value
    elif isinstance(small, cst.Assign) and len(small.targets) == 1:
        target, value = small.targets[0].target, small.value
    else:
        return None
    if not isinstance(target, cst.Name) or target.value != filling.name.value or value is None:
        return None
    builtin, display = EMPTY[filling.method]
    if isinstance(value, cst.Call):
        return value if code.is_builtin(value.func, builtin) and not value.args else None
    return value if code.text(value).replace(" ", "") == display else None


WIDE = 100


def spread(
    code: Code, replaced: cst.CSTNode, made: cst.ListComp | cst.SetComp | cst.DictComp
) -> cst.BaseExpression:
    """The comprehension over several lines when its line would be too long."""
    line = code.source.splitlines()[code.lines(replaced)[0] - 1]
    if len(line) + len(code.text(made)) <= WIDE:
        return made
    deeper = cst.ParenthesizedWhitespace(
        indent=True, last_line=cst.SimpleWhitespace(code.module.default_indent)
    )
    level = cst.ParenthesizedWhitespace(indent=True)
    loops = made.for_in.with_changes(
        whitespace_before=deeper, inner_for_in=_lined(made.for_in.inner_for_in, deeper)
    )
    loops = loops.with_changes(ifs=[test.with_changes(whitespace_before=deeper) for test in loops.ifs])
    square = isinstance(made, cst.ListComp)
    opened = (cst.LeftSquareBracket if square else cst.LeftCurlyBrace)(whitespace_after=deeper)
    closed = (cst.RightSquareBracket if square else cst.RightCurlyBrace)(whitespace_before=level)
    names = ("lbracket", "rbracket") if square else ("lbrace", "rbrace")
    return made.with_changes(for_in=loops, **dict(zip(names, (opened, closed), strict=True)))


def _lined(loop: cst.CompFor | None, space: cst.ParenthesizedWhitespace) -> cst.CompFor | None:
    if loop is None:
        return None
    tests = [test.with_changes(whitespace_before=space) for test in loop.ifs]
    return loop.with_changes(
        whitespace_before=space, ifs=tests, inner_for_in=_lined(loop.inner_for_in, space)
    )


def _made(filling: Filling) -> cst.ListComp | cst.SetComp | cst.DictComp:
    value = bare(filling.value) if not isinstance(filling.value, cst.Tuple) else filling.value
    value = operand(value) if isinstance(value, cst.Tuple | cst.NamedExpr) else value
    if filling.key is not None:
        key = operand(filling.key) if isinstance(filling.key, cst.Tuple) else filling.key
        return cst.DictComp(key, value, filling.loops)
    return (cst.SetComp if filling.method == "add" else cst.ListComp)(value, filling.loops)


def _is_safe(code: Code, function: Function, node: cst.For, filling: Filling) -> bool:
    name = filling.name.value
    inside = [n for n in function.names.get(name, []) if code.contains(node, n)]
    if (
        len(inside) != 1
        or not function.is_local(name)
        or code.has_comment(node)
        or has_suspension(code, node)
    ):
        return False
    if any(_needs_frame(n) for n in code.inside(node)) or isinstance(filling.value, cst.GeneratorExp):
        return False
    if filling.key is not None and not (is_pure(code, filling.key) or is_pure(code, filling.value)):
        return False
    if isinstance(code.function_of(node), cst.ClassDef) or _seen_by_handler(code, function, node, name):
        return False
    return all(_is_own(code, function, node, target) for target in _targets(code, node))


def _needs_frame(node: cst.CSTNode) -> bool:
    """Whether a node means another thing in a comprehension's own scope, or looks back into it later."""
    return isinstance(node, cst.NamedExpr | cst.Lambda) or (
        isinstance(node, cst.Name) and node.value == "super"
    )


def _targets(code: Code, node: cst.For) -> Iterator[cst.BaseExpression]:
    return (below.target for below in code.inside(node) if isinstance(below, cst.For))


def _is_own(code: Code, function: Function, loop: cst.For, target: cst.BaseExpression) -> bool:
    """Whether the loop variables mean nothing outside the loop: a comprehension leaves none behind."""
    for node in code.inside(target):
        if isinstance(node, cst.Attribute | cst.Subscript):
            return False
        if isinstance(node, cst.Name):
            others = function.names.get(node.value, [])
            if node.value in function.declared or any(_reaches(code, loop, other) for other in others):
                return False
    return True


def _reaches(code: Code, loop: cst.For, other: cst.Name) -> bool:
    """Whether an occurrence outside the loop might see what the loop left in the variable."""
    if code.contains(loop, other):
        return code.contains(loop.iter, other)
    around = code.nearest(other, cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp)
    if around is not None and _bound_in(code, around, other.value):
        return False
    return not _rebound(code, other)


def _bound_in(code: Code, comprehension: cst.CSTNode, name: str) -> bool:
    return any(
        isinstance(node, cst.Name) and node.value == name and code.stores(node)
        for node in code.inside(comprehension)
    )


def _rebound(code: Code, node: cst.Name) -> bool:
    """Whether this occurrence is in, or is the target of, another loop that binds the name itself."""
    for above in code.ancestors(node):
        if isinstance(above, cst.FunctionDef | cst.Lambda):
            return False
        if isinstance(above, cst.For) and not code.contains(above.iter, node):
            if above.orelse is not None and code.contains(above.orelse, node):
                continue
            if any(isinstance(n, cst.Name) and n.value == node.value for n in code.inside(above.target)):
                return True
    return False


def _seen_by_handler(code: Code, function: Function, node: cst.CSTNode, name: str) -> bool:
    """Whether code that runs after an exception in the loop could look at a half-filled container."""
    for above in code.ancestors(node):
        if above is function.node:
            return False
        if isinstance(above, cst.Try | cst.TryStar | cst.With):
            return any(
                not code.contains(node, n) and code.before(node, n) for n in function.names[name]
            ) or isinstance(above, cst.With)
    return False


COMPREHENSION = Rewrite(
    "comprehension-for-append",
    "`out = []` and a loop that only appends to it become a list comprehension",
    "a call in the loop looks at the half-filled list (in a debugger, by frame); the body is so "
    "heavy that the appends cost nothing",
    1.2,
    find_appends,
)
COMPREHENSION_OTHER = Rewrite(
    "comprehension-for-add",
    "a loop that only fills an empty set or dict becomes a set or dict comprehension",
    "key and value are evaluated in the other order, which shows only if both raise; "
    "otherwise as for comprehension-for-append",
    1.2,
    find_others,
)
