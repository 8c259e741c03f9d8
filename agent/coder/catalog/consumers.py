"""What takes all items at once: builtins and `join` around generators, lists and lambdas."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from hotloop.agent.coder.catalog.base import (
    Change,
    Rewrite,
    bare,
    becomes,
    build,
)
from hotloop.agent.coder.catalog.code import Code, Function
from hotloop.agent.coder.catalog.comprehensions import operand
from hotloop.agent.coder.catalog.effects import has_suspension, is_pure


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
    body = operand(bare(function.body)) if isinstance(function.body, cst.Tuple) else function.body
    if code.text(node.func) == "map":
        return body, cst.CompFor(name, operand(items))
    return name, cst.CompFor(name, operand(items), [cst.CompIf(operand(function.body))])


def find_joins(code: Code, function: Function) -> Iterator[Change]:
    """`"".join(… for …)`: `join` makes a list of a generator first; a comprehension makes it faster."""
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
    "items after the answer would have raised; the answer is nearly always at the end "
    "(a generator is slower item by item)",
    1.5,
    find_lazy,
    together=True,
)
