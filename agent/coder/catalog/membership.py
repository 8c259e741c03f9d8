"""Membership: `in` on a list or tuple compares with every item, `in` on a set does not."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from hotloop.agent.coder.catalog.base import Change, Rewrite, bare, becomes, build, constant_for, fresh_name
from hotloop.agent.coder.catalog.code import Code, Edits, Function
from hotloop.agent.coder.catalog.kinds import Kinds
from hotloop.agent.coder.catalog.usage import READING, assigned_value, is_fresh, usage_of, usages

CONSTANTS = (cst.SimpleString, cst.Integer, cst.ConcatenatedString)
FEW = 4


def tests_of(function: Function) -> Iterator[tuple[cst.Comparison, cst.ComparisonTarget]]:
    """Each `x in y` and `x not in y`."""
    for node in function.of_type(cst.Comparison):
        if len(node.comparisons) == 1 and isinstance(node.comparisons[0].operator, cst.In | cst.NotIn):
            yield node, node.comparisons[0]


def is_constant(node: cst.BaseExpression) -> bool:
    """Whether a list or tuple holds only strings and integers written out."""
    return isinstance(node, cst.List | cst.Tuple) and all(
        isinstance(element, cst.Element) and isinstance(element.value, CONSTANTS) for element in node.elements
    )


def find_literals(code: Code, function: Function) -> Iterator[Change]:
    kinds = Kinds(code, function)
    for node, target in tests_of(function):
        values = target.comparator
        if not isinstance(values, cst.List | cst.Tuple) or not is_constant(values):
            continue
        if len(values.elements) >= FEW and kinds.hashable(node.left):
            literal = cst.Set(
                list(values.elements),
                lbrace=cst.LeftCurlyBrace(_inner_space(values)),
                rbrace=cst.RightCurlyBrace(),
            )
            yield Change(
                (node,), f"look {code.text(node.left)} up in a set literal", {values: becomes(literal)}
            )


def _inner_space(values: cst.List | cst.Tuple) -> cst.BaseParenthesizableWhitespace:
    if isinstance(values, cst.List):
        return values.lbracket.whitespace_after
    return values.lpar[0].whitespace_after if values.lpar else cst.SimpleWhitespace("")


def find_constants(code: Code, function: Function) -> Iterator[Change]:
    kinds = Kinds(code, function)
    for node, target in tests_of(function):
        name = target.comparator
        if not isinstance(name, cst.Name) or not kinds.hashable(node.left):
            continue
        values = code.global_value(name)
        if (
            not isinstance(values, cst.List | cst.Tuple)
            or len(values.elements) < FEW
            or not is_constant(values)
        ):
            continue
        statement = code.statement(values)
        if statement is not None and statement in code.module.body and only_read(code, name.value):
            yield _with_companion(code, node, target, name.value, statement)


def _with_companion(
    code: Code, node: cst.Comparison, target: cst.ComparisonTarget, name: str, statement: cst.CSTNode
) -> Change:
    value = f"frozenset({name})"
    present = constant_for(code, value)
    wanted = f"_{name.strip('_')}_SET" if name.isupper() else f"_{name.strip('_')}_set"
    companion = present or fresh_name(code, wanted)
    line = cst.parse_statement(f"{companion} = {value}")

    def follow(updated: cst.CSTNode) -> cst.FlattenSentinel[cst.CSTNode]:
        return cst.FlattenSentinel([updated, line])

    edits: Edits = {target.comparator: becomes(cst.Name(companion))}
    if present is None:
        edits[statement] = follow
    return Change((node,), f"look {code.text(node.left)} up in a frozenset of {name}", edits)


def only_read(code: Code, name: str) -> bool:
    """Whether no statement of the file can change the module-level container (elsewhere is not seen)."""
    for function in code.functions:
        if name in function.declared:
            return False
    nodes = [
        n
        for n in code.inside(code.module)
        if isinstance(n, cst.Name) and n.value == name and code.is_variable(n)
    ]
    return all(code.stores(node) or usage_of(code, node) in READING - {"return"} for node in nodes)


def find_locals(code: Code, function: Function) -> Iterator[Change]:
    kinds = Kinds(code, function)
    for name in dict.fromkeys(
        target.comparator.value for _, target in tests_of(function) if isinstance(target.comparator, cst.Name)
    ):
        change = _local_set(code, function, kinds, name)
        if change is not None:
            yield change


def _local_set(code: Code, function: Function, kinds: Kinds, name: str) -> Change | None:
    """A list that is only built and asked for its members, as a set."""
    if not function.is_local(name):
        return None
    edits: Edits = {}
    shown: list[cst.CSTNode] = []
    repeated = False
    for node, usage in usages(code, function, name):
        if usage == "store":
            value = assigned_value(code, node)
            made = _as_set(code, kinds, value) if value is not None and code.loop_of(node) is None else None
            if value is None or made is None or not isinstance(code.parent(node), cst.AssignTarget):
                return None
            edits[value] = becomes(made)
            shown.append(code.parent(code.parent(node)))
        elif usage == "method:append":
            call = code.parent(code.parent(node))
            if not _adds_key(code, kinds, call):
                return None
            edits[code.parent(node)] = becomes(cst.Attribute(cst.Name(name), cst.Name("add")))
        elif usage == "in":
            comparison = code.parent(code.parent(node))
            if not isinstance(comparison, cst.Comparison) or not kinds.hashable(comparison.left):
                return None
            shown.append(comparison)
            repeated = repeated or is_repeated(code, node)
        else:
            return None
    return Change(tuple(shown), f"make {name} a set", edits) if repeated and edits else None


def is_repeated(code: Code, node: cst.CSTNode) -> bool:
    """Whether a loop or a comprehension runs the node many times."""
    if code.loop_of(node) is not None:
        return True
    around = code.nearest(
        node, cst.CompFor, cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp, cst.FunctionDef
    )
    return around is not None and not isinstance(around, cst.FunctionDef)


def _adds_key(code: Code, kinds: Kinds, call: cst.CSTNode) -> bool:
    statement = isinstance(code.parent(call), cst.Expr)
    return (
        statement
        and isinstance(call, cst.Call)
        and len(call.args) == 1
        and kinds.hashable(call.args[0].value)
    )


def _as_set(code: Code, kinds: Kinds, value: cst.BaseExpression) -> cst.BaseExpression | None:
    item = kinds.item(value)
    empty = isinstance(value, cst.List) and not value.elements
    empty = empty or (isinstance(value, cst.Call) and code.is_builtin(value.func, "list") and not value.args)
    if empty:
        return cst.parse_expression("set()")
    if not kinds.is_a(value, "list") or item is None or not item.hashable or not is_fresh(code, value):
        return None
    if isinstance(value, cst.ListComp):
        return cst.SetComp(value.elt, value.for_in)
    if isinstance(value, cst.List):
        return cst.Set(list(value.elements))
    if isinstance(value, cst.Call) and code.is_builtin(value.func, "list", "sorted") and len(value.args) == 1:
        return value.with_changes(func=cst.Name("set"))
    return build("set({value})", value=bare(value))


def find_keys(code: Code, function: Function) -> Iterator[Change]:
    for node, target in tests_of(function):
        call = target.comparator
        if (
            isinstance(call, cst.Call)
            and not call.args
            and isinstance(call.func, cst.Attribute)
            and call.func.attr.value == "keys"
            and not code.has_comment(call)
        ):
            yield Change((node,), f"ask {code.text(call.func.value)} itself", {call: _owner})


def _owner(updated: cst.CSTNode) -> cst.CSTNode:
    assert isinstance(updated, cst.Call)
    assert isinstance(updated.func, cst.Attribute)
    return updated.func.value


SET_FOR_LITERAL = Rewrite(
    "set-for-literal",
    '`x in ("a", "b", …)` with four or more constants becomes `x in {…}`, which Python keeps as a frozenset',
    "x is unhashable (a set raises TypeError, a tuple answers False), or its `__eq__` and `__hash__` "
    "disagree; the first item is nearly always the one that matches",
    1.2,
    find_literals,
    together=True,
)
SET_FOR_CONSTANT = Rewrite(
    "set-for-constant",
    "`x in NAMES`, NAMES a module's list or tuple of constants, asks a frozenset made once beside it",
    "another module changes the list or rebinds the name after import; x is unhashable",
    2.0,
    find_constants,
    together=True,
)
SET_FOR_LOCAL = Rewrite(
    "set-for-local",
    "a local list that is only filled and asked `in` becomes a set",
    "an item or x is unhashable though its annotation or its use as a key says otherwise; the list is "
    "so short that building the set costs more",
    3.0,
    find_locals,
)
KEYS_MEMBERSHIP = Rewrite(
    "keys-membership",
    "`k in d.keys()` becomes `k in d`",
    "d is no mapping, and its `keys()` are not what `in` looks for",
    1.2,
    find_keys,
    together=True,
)
