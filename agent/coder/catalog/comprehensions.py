"""Loops that only fill a container, as the comprehension they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from hotloop.agent.coder.catalog.base import Change, Rewrite, bare, becomes, build
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
            tests.insert(0, cst.CompIf(_operand(clause.test)))
            continue
        result = cst.CompFor(clause.target, _operand(clause.iter), tests, inner_for_in=result)
        tests = []
    assert result is not None
    return result


def _operand(node: cst.BaseExpression) -> cst.BaseExpression:
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
    value = _operand(value) if isinstance(value, cst.Tuple | cst.NamedExpr) else value
    if filling.key is not None:
        key = _operand(filling.key) if isinstance(filling.key, cst.Tuple) else filling.key
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
    """Whether the loop variables mean nothing outside the loop: a comprehension does not leave them behind."""
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


def find_constructors(code: Code, function: Function) -> Iterator[Change]:
    """`list(… for …)`, `set(… for …)`, `dict((k, v) for …)` and the same around a list."""
    for node in function.of_type(cst.Call):
        if len(node.args) != 1 or not code.is_builtin(node.func, "list", "set", "dict"):
            continue
        comp = node.args[0].value
        kind = code.text(node.func)
        plain = isinstance(comp, cst.GeneratorExp) or (isinstance(comp, cst.ListComp) and kind != "list")
        if not plain or node.args[0].star or code.has_comment(node) or has_suspension(code, comp):
            continue
        assert isinstance(comp, cst.GeneratorExp | cst.ListComp)
        new = _constructed(kind, comp)
        if new is not None:
            yield Change((node,), f"a {kind} comprehension", {node: becomes(new)})


def _constructed(kind: str, comp: cst.GeneratorExp | cst.ListComp) -> cst.BaseExpression | None:
    if kind == "list":
        return cst.ListComp(comp.elt, comp.for_in)
    if kind == "set":
        return cst.SetComp(comp.elt, comp.for_in)
    pair = comp.elt
    if not isinstance(pair, cst.Tuple) or len(pair.elements) != 2:
        return None
    key, value = pair.elements
    if isinstance(key, cst.StarredElement) or isinstance(value, cst.StarredElement):
        return None
    return cst.DictComp(key.value, value.value, comp.for_in)


def find_maps(code: Code, function: Function) -> Iterator[Change]:
    """`list(map(lambda x: …, xs))` and `list(filter(lambda x: …, xs))`."""
    for node in function.of_type(cst.Call):
        inner = node.args[0].value if len(node.args) == 1 and not node.args[0].star else None
        if not code.is_builtin(node.func, "list", "set") or not isinstance(inner, cst.Call):
            continue
        made = _mapped(code, inner)
        if made is None or code.has_comment(node) or has_suspension(code, inner):
            continue
        elt, loop = made
        new = cst.ListComp(elt, loop) if code.text(node.func) == "list" else cst.SetComp(elt, loop)
        yield Change((node,), f"a comprehension for {code.text(inner.func)}", {node: becomes(new)})


def _mapped(code: Code, node: cst.Call) -> tuple[cst.BaseExpression, cst.CompFor] | None:
    if (
        not code.is_builtin(node.func, "map", "filter")
        or len(node.args) != 2
        or any(a.star or a.keyword for a in node.args)
    ):
        return None
    function, items = node.args[0].value, node.args[1].value
    if not isinstance(function, cst.Lambda) or any(
        isinstance(n, cst.Lambda | cst.NamedExpr) for n in code.inside(function.body)
    ):
        return None
    params = function.params
    simple = len(params.params) == 1 and not (
        params.kwonly_params or params.posonly_params or params.star_kwarg
    )
    if not simple or isinstance(params.star_arg, cst.Param) or params.params[0].default is not None:
        return None
    name = params.params[0].name
    if any(isinstance(n, cst.Name) and n.value == name.value for n in code.inside(items)):
        return None
    body = _operand(bare(function.body)) if isinstance(function.body, cst.Tuple) else function.body
    if code.text(node.func) == "map":
        return body, cst.CompFor(name, _operand(items))
    return name, cst.CompFor(name, _operand(items), [cst.CompIf(_operand(function.body))])


def find_joins(code: Code, function: Function) -> Iterator[Change]:
    """`"".join(… for …)`: `join` makes a list of a generator first, and a list comprehension is the faster way."""
    for node in function.of_type(cst.Call):
        comp = node.args[0].value if len(node.args) == 1 and not node.args[0].star else None
        if not isinstance(comp, cst.GeneratorExp) or has_suspension(code, comp) or code.has_comment(node):
            continue
        func = node.func
        joins = isinstance(func, cst.Attribute) and func.attr.value == "join"
        text = joins and isinstance(func, cst.Attribute) and isinstance(func.value, cst.SimpleString)
        if text or code.is_builtin(func, "tuple"):
            yield Change((node,), f"a list for {code.text(func)}", {comp: _as_list})


def _as_list(updated: cst.CSTNode) -> cst.CSTNode:
    assert isinstance(updated, cst.GeneratorExp)
    return cst.ListComp(updated.elt, updated.for_in)


CONSUMERS = ("sum", "any", "all", "min", "max", "set", "frozenset", "sorted", "tuple", "list", "dict")


def find_needless(code: Code, function: Function) -> Iterator[Change]:
    """`sorted(list(x))`: the consumer walks over x itself just as well."""
    for node in function.of_type(cst.Call):
        func = node.func
        joins = (
            isinstance(func, cst.Attribute)
            and func.attr.value == "join"
            and isinstance(func.value, cst.SimpleString)
        )
        if not node.args or not (joins or code.is_builtin(func, *CONSUMERS)):
            continue
        inner, others = node.args[0].value, node.args[1:]
        if (
            node.args[0].star
            or node.args[0].keyword
            or any(a.keyword is None for a in others)
            or code.has_comment(node)
        ):
            continue
        wrapped = (
            isinstance(inner, cst.Call)
            and len(inner.args) == 1
            and code.is_builtin(inner.func, "list", "tuple")
        )
        if (
            wrapped
            and isinstance(inner, cst.Call)
            and not inner.args[0].star
            and inner.args[0].keyword is None
        ):
            yield Change((node,), f"no {code.text(inner.func)} inside {code.text(func)}", {inner: _argument})


def _argument(updated: cst.CSTNode) -> cst.CSTNode:
    assert isinstance(updated, cst.Call)
    value = updated.args[0].value
    loose = isinstance(value, cst.GeneratorExp | cst.NamedExpr) and not value.lpar
    return value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()]) if loose else value


def find_lazy(code: Code, function: Function) -> Iterator[Change]:
    """`any([… for …])` builds the whole list before it looks at the first item."""
    for node in function.of_type(cst.Call):
        comp = node.args[0].value if len(node.args) == 1 else None
        if (
            not isinstance(comp, cst.ListComp)
            or not code.is_builtin(node.func, "any", "all")
            or node.args[0].star
        ):
            continue
        if is_pure(code, comp) and not code.has_comment(comp):
            yield Change((node,), f"stop {code.text(node.func)} early", {comp: _as_generator})


def _as_generator(updated: cst.CSTNode) -> cst.CSTNode:
    assert isinstance(updated, cst.ListComp)
    return build("({elt} for x in y)", elt=updated.elt).with_changes(
        elt=updated.elt, for_in=updated.for_in, lpar=[], rpar=[]
    )


COMPREHENSION = Rewrite(
    "comprehension-for-append",
    "`out = []` and a loop that only appends to it become a list comprehension",
    "the loop's body looks at the half-filled list through another name, or is so heavy that the appends cost nothing",
    1.2,
    find_appends,
)
COMPREHENSION_OTHER = Rewrite(
    "comprehension-for-add",
    "a loop that only fills an empty set or dict becomes a set or dict comprehension",
    "key and value are evaluated in the other order, which shows only if both raise; otherwise as for comprehension-for-append",
    1.2,
    find_others,
)
CONSTRUCTOR = Rewrite(
    "comprehension-for-constructor",
    "`list(… for …)`, `set([…])`, `dict((k, v) for …)` become the comprehension itself",
    "the items raise StopIteration: a generator turns it into RuntimeError",
    1.3,
    find_constructors,
    together=True,
)
MAP = Rewrite(
    "comprehension-for-map-lambda",
    "`list(map(lambda x: …, xs))` and `list(filter(lambda …))` become a comprehension",
    "the lambda raises StopIteration, which `list` takes for the end of `map`",
    1.4,
    find_maps,
    together=True,
)
JOIN = Rewrite(
    "list-for-generator",
    '`"".join(… for …)` and `tuple(… for …)` get a list comprehension: they need all items at once anyway',
    "the items raise StopIteration; for `tuple`, all items are in memory twice for a moment",
    1.2,
    find_joins,
    together=True,
)
NEEDLESS = Rewrite(
    "no-list-inside",
    '`sorted(list(x))`, `set(list(x))`, `"".join(list(x))` … lose the inner list',
    "comparing or hashing an item changes x while it is walked over",
    1.2,
    find_needless,
    together=True,
)
LAZY = Rewrite(
    "lazy-any",
    "`any([… for …])` and `all([…])` get a generator and stop at the first answer",
    "items after the answer would have raised; the answer is nearly always at the end (a generator is slower item by item)",
    1.5,
    find_lazy,
    together=True,
)
