"""Strings: tests made one by one, formats parsed at every call, text grown piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from string import Formatter

import libcst as cst

from hotloop.agent.coder.catalog.base import Change, Rewrite, becomes, build, fresh_name
from hotloop.agent.coder.catalog.code import Code, Edits, Function
from hotloop.agent.coder.catalog.kinds import Kinds
from hotloop.agent.coder.catalog.usage import usages


def operands(node: cst.BaseExpression, operator: type[cst.BaseBooleanOp]) -> list[cst.BaseExpression]:
    """The parts of `a or b or c`, from left to right."""
    if isinstance(node, cst.BooleanOperation) and isinstance(node.operator, operator) and not node.lpar:
        return [*operands(node.left, operator), node.right]
    return [node]


def find_affixes(code: Code, function: Function) -> Iterator[Change]:
    yield from _merged(code, function, _affix)


def find_instances(code: Code, function: Function) -> Iterator[Change]:
    yield from _merged(code, function, _instance)


def _merged(code: Code, function: Function, read: object) -> Iterator[Change]:
    """Neighbours in an `or` (or negated in an `and`) that ask the same of one object, asked at once."""
    assert callable(read)
    for node in function.of_type(cst.BooleanOperation):
        above = code.parent(node)
        if (
            isinstance(above, cst.BooleanOperation)
            and type(above.operator) is type(node.operator)
            and not node.lpar
        ):
            continue
        if code.has_comment(node):
            continue
        negated = isinstance(node.operator, cst.And)
        parts = operands(node.with_changes(lpar=[], rpar=[]), type(node.operator))
        merged = _merge(code, parts, negated, read)
        if len(merged) < len(parts):
            new = _rejoined(node, merged)
            yield Change(
                (node,),
                f"ask once: {code.text(merged[0]) if len(merged) == 1 else code.text(new)}",
                {node: becomes(new)},
            )


def _rejoined(node: cst.BooleanOperation, parts: list[cst.BaseExpression]) -> cst.BaseExpression:
    new = parts[0]
    for part in parts[1:]:
        new = cst.BooleanOperation(new, node.operator, part)
    if isinstance(new, cst.BooleanOperation):
        return new.with_changes(lpar=node.lpar, rpar=node.rpar)
    return new


def _merge(
    code: Code, parts: list[cst.BaseExpression], negated: bool, read: object
) -> list[cst.BaseExpression]:
    assert callable(read)
    done: list[cst.BaseExpression] = []
    run: list[tuple[cst.BaseExpression, cst.Call, str, list[cst.BaseExpression]]] = []

    def flush() -> None:
        if len(run) > 1:
            done.append(_asked_once(run, negated))
        else:
            done.extend(part for part, *_ in run)
        run.clear()

    for part in parts:
        inner = (
            part.expression
            if negated and isinstance(part, cst.UnaryOperation) and isinstance(part.operator, cst.Not)
            else part
        )
        call = inner if isinstance(inner, cst.Call) and (inner is not part) == negated else None
        found = read(code, call) if call is not None else None
        if found is None or (run and run[-1][2] != found[0]):
            flush()
        if found is None or call is None:
            done.append(part)
        else:
            run.append((part, call, *found))
    flush()
    return done


def _asked_once(
    run: list[tuple[cst.BaseExpression, cst.Call, str, list[cst.BaseExpression]]], negated: bool
) -> cst.BaseExpression:
    first = run[0][1]
    options = cst.Tuple([cst.Element(value) for _, _, _, values in run for value in values])
    new = first.with_changes(args=[*first.args[:-1], first.args[-1].with_changes(value=options)])
    return cst.UnaryOperation(cst.Not(), new) if negated else new


def _affix(code: Code, call: cst.Call) -> tuple[str, list[cst.BaseExpression]] | None:
    func = call.func
    named = isinstance(func, cst.Attribute) and func.attr.value in ("startswith", "endswith")
    if (
        not named
        or not isinstance(func, cst.Attribute)
        or len(call.args) != 1
        or call.args[0].star
        or call.args[0].keyword
    ):
        return None
    simple = isinstance(func.value, cst.Name) or (
        isinstance(func.value, cst.Attribute) and isinstance(func.value.value, cst.Name)
    )
    values = _options(call.args[0].value)
    return (
        (code.text(func), values) if simple and all(isinstance(v, cst.SimpleString) for v in values) else None
    )


def _instance(code: Code, call: cst.Call) -> tuple[str, list[cst.BaseExpression]] | None:
    if (
        not code.is_builtin(call.func, "isinstance")
        or len(call.args) != 2
        or any(a.star or a.keyword for a in call.args)
    ):
        return None
    owner, values = call.args[0].value, _options(call.args[1].value)
    plain = isinstance(owner, cst.Name) and all(isinstance(v, cst.Name | cst.Attribute) for v in values)
    return (code.text(owner), values) if plain else None


def _options(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    return [element.value for element in node.elements] if isinstance(node, cst.Tuple) else [node]


def find_formats(code: Code, function: Function) -> Iterator[Change]:
    """`"{} {}".format(a, b)` with plain fields and plain arguments."""
    for node in function.of_type(cst.Call):
        func = node.func
        if (
            not isinstance(func, cst.Attribute)
            or func.attr.value != "format"
            or not isinstance(func.value, cst.SimpleString)
        ):
            continue
        new = _fstring(code, func.value, node)
        if new is not None:
            yield Change((node,), f"an f-string for {code.text(func.value)[:40]}", {node: becomes(new)})


def _fstring(code: Code, text: cst.SimpleString, node: cst.Call) -> cst.BaseExpression | None:
    simple = all(not a.star and _fits_in_braces(code, a.value, text.quote) for a in node.args)
    if text.prefix.lower() not in ("", "r") or "\\N" in text.raw_value or len(text.quote) != 1 or not simple:
        return None
    named = {a.keyword.value: code.text(a.value) for a in node.args if a.keyword is not None}
    placed = [code.text(a.value) for a in node.args if a.keyword is None]
    try:
        pieces = list(Formatter().parse(text.raw_value))
    except ValueError:
        return None
    used: list[str] = []
    made = ""
    for literal, field, spec, conversion in pieces:
        made += literal.replace("{", "{{").replace("}", "}}")
        if field is None:
            continue
        key = field or str(len(used))
        used.append(key)
        value = named.get(key) or (placed[int(key)] if key.isdecimal() and int(key) < len(placed) else None)
        if value is None or "{" in (spec or "") or "\\" in (spec or ""):
            return None
        made += "{" + value + (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "") + "}"
    expected = [*map(str, range(len(placed))), *named]
    if used != expected:
        return None
    return cst.parse_expression(f"{text.prefix}f{text.quote}{made}{text.quote}")


def _fits_in_braces(code: Code, node: cst.BaseExpression, quote: str) -> bool:
    """Whether the argument may stand in an f-string of any Python: no quotes, no backslash, no braces."""
    text = code.text(node)
    plain = not any(mark in text for mark in ("'", '"', "\\", "{", "}", "#", "\n", "!", ":", "="))
    return plain and not node.lpar and isinstance(node, cst.Name | cst.Attribute | cst.Subscript | cst.Call)


def find_growth(code: Code, function: Function) -> Iterator[Change]:
    """`out = ""`, then a loop of nothing but `out += text`."""
    loops: list[cst.For | cst.While] = [*function.of_type(cst.For), *function.of_type(cst.While)]
    for loop in loops:
        begin = code.previous(loop)
        name = _begun(begin)
        outermost = code.loop_of(loop) is None and name is not None and function.is_local(name)
        if outermost and isinstance(begin, cst.SimpleStatementLine) and name is not None:
            change = _collected(code, function, name, begin, loop)
            if change is not None:
                yield change


def _begun(node: cst.CSTNode | None) -> str | None:
    """The name that this line sets to the empty string."""
    if (
        not isinstance(node, cst.SimpleStatementLine)
        or len(node.body) != 1
        or not isinstance(node.body[0], cst.Assign)
    ):
        return None
    assign = node.body[0]
    target, value = assign.targets[0].target, assign.value
    empty = isinstance(value, cst.SimpleString) and not value.raw_value and not value.prefix
    return target.value if empty and len(assign.targets) == 1 and isinstance(target, cst.Name) else None


def _collected(
    code: Code, function: Function, name: str, begin: cst.SimpleStatementLine, loop: cst.For | cst.While
) -> Change | None:
    inside = [(node, usage) for node, usage in usages(code, function, name) if code.contains(loop, node)]
    added = [code.parent(node) for node, usage in inside if usage == "augment"]
    sure = [node for node in added if _adds_text(code, function, node)]
    guarded = any(isinstance(above, cst.Try | cst.TryStar | cst.With) for above in code.ancestors(loop))
    if not inside or len(sure) != len(inside) or loop.orelse is not None or guarded or _leaves(code, loop):
        return None
    parts = fresh_name(code, f"{name}_parts")
    edits: Edits = {node: becomes(_appended(parts, node)) for node in sure}
    started = cst.parse_statement(f"{parts} = []").with_changes(leading_lines=begin.leading_lines)
    after = cst.parse_statement(f'{name} = "".join({parts})')
    edits |= {begin: becomes(started), loop: lambda updated: cst.FlattenSentinel([updated, after])}
    return Change((begin, loop), f"join {name} at the end", edits)


def _adds_text(code: Code, function: Function, node: cst.CSTNode) -> bool:
    adds = isinstance(node, cst.AugAssign) and isinstance(node.operator, cst.AddAssign)
    return adds and isinstance(node, cst.AugAssign) and Kinds(code, function).is_a(node.value, "str")


def _appended(parts: str, node: cst.CSTNode) -> cst.Expr:
    assert isinstance(node, cst.AugAssign)
    return cst.Expr(build(f"{parts}.append({{text}})", text=node.value))


def _leaves(code: Code, loop: cst.CSTNode) -> bool:
    """Whether a generator could be looked at half-way."""
    return any(isinstance(node, cst.Yield | cst.Await) for node in code.inside(loop))


AFFIX = Rewrite(
    "one-startswith",
    "`s.startswith(a) or s.startswith(b)` becomes `s.startswith((a, b))`, `endswith` likewise",
    "s is no string, but an object whose `startswith` takes no tuple",
    1.4,
    find_affixes,
    together=True,
)
INSTANCE = Rewrite(
    "one-isinstance",
    "`isinstance(x, A) or isinstance(x, B)` becomes `isinstance(x, (A, B))`",
    "B is a name that does not exist whenever x is an A",
    1.2,
    find_instances,
    together=True,
)
FSTRING = Rewrite(
    "fstring-for-format",
    '`"{} {}".format(a, b)` with plain fields becomes an f-string',
    "the target runs on a Python older than 3.6",
    1.4,
    find_formats,
    together=True,
)
JOIN_PARTS = Rewrite(
    "join-for-growth",
    "a string grown with `+=` in a loop is collected in a list and joined once",
    "there are few pieces: CPython often grows a local string in place, and then the list costs more",
    1.1,
    find_growth,
)
