"""How a variable is used: the whitelist that lets a container change its type."""

from __future__ import annotations

from collections.abc import Container, Iterator

import libcst as cst

from hotloop.agent.coder.catalog.code import SCOPES, Code, Function

# Builtins that read a container and keep no hold of it.
READERS = (
    "len", "sum", "min", "max", "any", "all", "sorted", "list", "tuple", "set", "frozenset", "dict",
    "enumerate", "reversed", "zip", "str", "repr", "bool", "print",
)  # fmt: skip

READING = frozenset({"in", "item", "slice", "iterate", "truth", "return"}) | {
    f"arg:{name}" for name in READERS
}


def usage_of(code: Code, node: cst.Name) -> str:
    """How one occurrence uses the variable, in a word.

    store, augment, delete, "method:NAME" (called), "arg:NAME" (of a builtin), in
    (it is the container), item, item-store, slice, iterate, truth, return, other.
    """
    parent = code.parent(node)
    if isinstance(parent, cst.Del):
        return "delete"
    if code.stores(node):
        return "augment" if isinstance(parent, cst.AugAssign) else "store"
    if isinstance(parent, cst.Attribute):
        above = code.parent(parent)
        return (
            f"method:{parent.attr.value}" if isinstance(above, cst.Call) and above.func is parent else "other"
        )
    if isinstance(parent, cst.Subscript) and parent.value is node:
        return _subscript(code, parent)
    return _argument(code, parent) if isinstance(parent, cst.Arg) else _plain(code, node)


def _subscript(code: Code, node: cst.Subscript) -> str:
    above = code.parent(node)
    if isinstance(above, cst.AssignTarget | cst.AugAssign | cst.AnnAssign | cst.Del | cst.Element) or (
        isinstance(above, cst.For | cst.CompFor) and above.target is node
    ):
        load = isinstance(above, cst.Element) and not _in_target(code, above)
        load = load or (isinstance(above, cst.AugAssign) and above.value is node)
        load = load or (isinstance(above, cst.AnnAssign) and above.value is node)
        if not load:
            return "item-store"
    return "slice" if any(isinstance(part.slice, cst.Slice) for part in node.slice) else "item"


def _in_target(code: Code, node: cst.CSTNode) -> bool:
    below = node
    for above in code.ancestors(node):
        if isinstance(above, cst.Tuple | cst.List | cst.Element | cst.StarredElement):
            below = above
            continue
        if isinstance(above, cst.For | cst.CompFor):
            return above.target is below
        return isinstance(above, cst.AssignTarget | cst.Del)
    return False


def _argument(code: Code, node: cst.Arg) -> str:
    call = code.parent(node)
    if isinstance(call, cst.Call) and not node.star and node.keyword is None:
        if code.is_builtin(call.func, *READERS):
            return f"arg:{code.text(call.func)}"
        if isinstance(call.func, cst.Attribute) and call.func.attr.value == "join":
            return "arg:list"
    return "other"


def _plain(code: Code, node: cst.Name) -> str:
    parent = code.parent(node)
    if isinstance(parent, cst.ComparisonTarget):
        return "in" if isinstance(parent.operator, cst.In | cst.NotIn) else "other"
    if isinstance(parent, cst.For | cst.CompFor):
        return "iterate"
    if _is_tested(code, node):
        return "truth"
    return "return" if isinstance(parent, cst.Return) else "other"


def _is_tested(code: Code, node: cst.CSTNode) -> bool:
    """Whether only the truth of the value matters: `if xs`, `not xs`, `while xs and ys`."""
    below: cst.CSTNode = node
    for above in code.ancestors(node):
        if isinstance(above, cst.If | cst.While | cst.IfExp | cst.CompIf | cst.Assert):
            return above.test is below
        if isinstance(above, cst.UnaryOperation):
            return isinstance(above.operator, cst.Not)
        if not isinstance(above, cst.BooleanOperation):
            return False
        below = above
    return False


def usages(code: Code, function: Function, name: str) -> Iterator[tuple[cst.Name, str]]:
    """Every occurrence with its usage; one in a nested function or class is "other"."""
    for node in function.names.get(name, []):
        inner = code.nearest(node, *SCOPES)
        nested = inner is not function.node and not isinstance(inner, cst.Lambda)
        yield node, "other" if nested or isinstance(inner, cst.Lambda) else usage_of(code, node)


def assigned_value(code: Code, node: cst.Name) -> cst.BaseExpression | None:
    """The value of `name = value` or `name: type = value`, the name alone on the left."""
    parent = code.parent(node)
    if isinstance(parent, cst.AnnAssign) and parent.target is node:
        return parent.value
    assign = code.parent(parent) if isinstance(parent, cst.AssignTarget) else None
    if isinstance(assign, cst.Assign) and len(assign.targets) == 1:
        return assign.value
    return None


def is_private(code: Code, function: Function, name: str, allowed: Container[str]) -> bool:
    """Whether a local name holds containers made here that nothing else ever holds.

    Every binding is a fresh container, every other occurrence one of `allowed`.
    """
    if not function.is_local(name):
        return False
    for node, usage in usages(code, function, name):
        if usage == "store":
            value = assigned_value(code, node)
            if value is None or not is_fresh(code, value):
                return False
        elif usage not in allowed:
            return False
    return True


def is_fresh(code: Code, value: cst.BaseExpression) -> bool:
    """Whether the expression makes a container that nobody else has."""
    displays = cst.List | cst.ListComp | cst.Set | cst.SetComp | cst.Dict | cst.DictComp
    if isinstance(value, displays):
        return True
    if isinstance(value, cst.Call):
        split = isinstance(value.func, cst.Attribute) and value.func.attr.value in ("split", "splitlines")
        return split or code.is_builtin(value.func, "list", "dict", "set", "sorted")
    return False
