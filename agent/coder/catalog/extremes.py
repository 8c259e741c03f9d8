"""Whole lists sorted for the sake of the first few items."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from hotloop.agent.coder.catalog.base import (
    Change,
    Rewrite,
    becomes,
    importing,
)
from hotloop.agent.coder.catalog.code import Code, Function
from hotloop.agent.coder.catalog.kind import INT, STR
from hotloop.agent.coder.catalog.kinds import Kinds


def find_extremes(code: Code, function: Function) -> Iterator[Change]:
    """`sorted(x)[0]`, `sorted(x, reverse=True)[0]` and `sorted(x, …)[:3]`."""
    kinds = Kinds(code, function)
    for node in function.of_type(cst.Subscript):
        call = node.value
        if (
            not isinstance(call, cst.Call)
            or not code.is_builtin(call.func, "sorted")
            or not call.args
            or code.has_comment(node)
        ):
            continue
        if any(arg.star for arg in call.args) or call.args[0].keyword is not None or len(node.slice) != 1:
            continue
        change = _first(code, kinds, node, call) or _first_few(code, node, call)
        if change is not None:
            yield change


def _order(code: Code, call: cst.Call) -> tuple[str, list[cst.Arg]] | None:
    """Whether ascending or descending, and the arguments without `reverse`."""
    reverse = [
        code.text(a.value) for a in call.args if a.keyword is not None and a.keyword.value == "reverse"
    ]
    args = [a for a in call.args if a.keyword is None or a.keyword.value != "reverse"]
    if reverse and reverse[0] not in ("True", "False"):
        return None
    args = [*args[:-1], args[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)]
    return ("max" if reverse == ["True"] else "min"), args


def _first(code: Code, kinds: Kinds, node: cst.Subscript, call: cst.Call) -> Change | None:
    at = node.slice[0].slice
    order = _order(code, call)
    if not isinstance(at, cst.Index) or order is None:
        return None
    name, args = order
    place = code.text(at.value)
    if place == "-1" and len(call.args) == 1 and kinds.item(call.args[0].value) in (STR, INT):
        name = "max"
    elif place != "0":
        return None
    if is_filled(code, kinds, node, call.args[0].value) and code.means_builtin(name):
        return Change(
            (node,), f"{name} for {code.text(node)[:60]}", {node: becomes(cst.Call(cst.Name(name), args))}
        )
    found = importing(code, "heapq", "nsmallest" if name == "min" else "nlargest")
    if found is None:
        return None
    one = cst.Call(cst.parse_expression(found.expression), [cst.Arg(cst.Integer("1")), *args])
    new = node.with_changes(value=one, slice=[cst.SubscriptElement(cst.Index(cst.Integer("0")))])
    return Change(
        (node,), f"{found.expression} for {code.text(node)[:60]}", {node: becomes(new)}, found.statement
    )


def _first_few(code: Code, node: cst.Subscript, call: cst.Call) -> Change | None:
    part = node.slice[0].slice
    order = _order(code, call)
    if not isinstance(part, cst.Slice) or part.lower is not None or part.step is not None or order is None:
        return None
    count = part.upper
    few = isinstance(count, cst.Integer) and 0 < int(count.evaluated_value) <= 10
    found = importing(code, "heapq", "nsmallest" if order[0] == "min" else "nlargest")
    if not few or count is None or found is None:
        return None
    new = cst.Call(cst.parse_expression(found.expression), [cst.Arg(count), *order[1]])
    return Change(
        (node,), f"{found.expression} for {code.text(node)[:60]}", {node: becomes(new)}, found.statement
    )


def is_filled(code: Code, kinds: Kinds, place: cst.CSTNode, items: cst.BaseExpression) -> bool:
    """Whether a check just before shows that there is at least one item."""
    if isinstance(items, cst.List | cst.Tuple | cst.Set):
        return any(isinstance(element, cst.Element) for element in items.elements)
    if not isinstance(items, cst.Name) or not kinds.is_a(
        items, "list", "tuple", "set", "dict", "str", "frozenset"
    ):
        return False
    below = place
    for above in code.ancestors(place):
        if isinstance(above, cst.FunctionDef):
            return False
        tested = isinstance(above, cst.If | cst.IfExp) and below is above.body
        if tested and isinstance(above, cst.If | cst.IfExp) and code.same(above.test, items):
            return isinstance(above, cst.IfExp) or _first_statement(code, above, place)
        if (
            isinstance(below, cst.BaseSmallStatement)
            and isinstance(above, cst.SimpleStatementLine)
            and _guarded(code, above, items)
        ):
            return True
        below = above
    return False


def _first_statement(code: Code, node: cst.If, place: cst.CSTNode) -> bool:
    return code.contains(node.body.body[0], place)


def _guarded(code: Code, line: cst.SimpleStatementLine, items: cst.Name) -> bool:
    """`if not xs: return` right above the line."""
    guard = code.previous(line)
    if not isinstance(guard, cst.If) or guard.orelse is not None:
        return False
    test = guard.test
    empty = (
        isinstance(test, cst.UnaryOperation)
        and isinstance(test.operator, cst.Not)
        and code.same(test.expression, items)
    )
    last = guard.body.body[-1]
    leaves = [*last.body][-1] if isinstance(last, cst.SimpleStatementLine) else last
    return empty and isinstance(leaves, cst.Return | cst.Raise | cst.Continue | cst.Break)


EXTREME = Rewrite(
    "min-for-sorted",
    "`sorted(x)[0]` becomes `min(x)` where x cannot be empty, else `heapq.nsmallest(1, x)[0]`; "
    "`sorted(x)[:3]` becomes `heapq.nsmallest(3, x)`",
    "the items have no total order (NaN, sets): then another one may be first; x was empty "
    "after all: ValueError instead of IndexError",
    3.0,
    find_extremes,
)
