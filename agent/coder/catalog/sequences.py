"""Lists used as queues, copied to grow, or added up."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from hotloop.agent.coder.catalog.base import Change, Rewrite, becomes, build, importing
from hotloop.agent.coder.catalog.code import Code, Edit, Edits, Function
from hotloop.agent.coder.catalog.usage import READERS, READING, assigned_value, is_fresh, usages

# What a deque does as a list does. Its text (`str`, `repr`) differs, so it must not be printed.
QUEUE = frozenset({"method:append", "method:extend", "method:clear", "truth", "in"}) | {
    f"arg:{name}" for name in ("len", "sum", "min", "max", "any", "all", "sorted", "list", "tuple", "set")
}
NEAR_ENDS = ("0", "1", "-1", "-2")


def find_queues(code: Code, function: Function) -> Iterator[Change]:
    for name in list(function.names):
        change = _queue(code, function, name)
        if change is not None:
            yield change


def _queue(code: Code, function: Function, name: str) -> Change | None:
    found = list(usages(code, function, name)) if function.is_local(name) else []
    if not {"method:pop", "method:insert"} & {usage for _, usage in found}:
        return None
    deque = importing(code, "collections", "deque")
    edits: Edits = {}
    shown: list[cst.CSTNode] = []
    for node, usage in found:
        if usage == "store" and deque is not None:
            fits = _made_deque(code, node, deque.expression, edits, shown)
        elif usage in ("method:pop", "method:insert"):
            fits = _ends(code, code.parent(code.parent(node)), edits, shown)
        else:
            fits = usage in QUEUE or _as_in_list(code, found, node, usage)
        if not fits:
            return None
    looped = any(isinstance(node, cst.Call) and code.loop_of(node) is not None for node in shown)
    if not looped or deque is None:
        return None
    return Change(tuple(shown), f"make {name} a deque", edits, deque.statement)


def _as_in_list(code: Code, found: list[tuple[cst.Name, str]], node: cst.Name, usage: str) -> bool:
    """Whether `queue += …`, `queue[0]` or a walk over the queue goes with a deque too."""
    parent = code.parent(node)
    if usage == "augment":
        return isinstance(parent, cst.AugAssign) and isinstance(parent.operator, cst.AddAssign)
    if usage == "item" and isinstance(parent, cst.Subscript) and isinstance(parent.slice[0].slice, cst.Index):
        return code.text(parent.slice[0].slice.value) in NEAR_ENDS
    changed = [other for other, use in found if use == "augment" or use.startswith("method:")]
    return usage == "iterate" and not any(code.contains(parent, other) for other in changed)


def _made_deque(code: Code, node: cst.Name, deque: str, edits: Edits, shown: list[cst.CSTNode]) -> bool:
    """Wrap the fresh list that the name is given here."""
    value, parent = assigned_value(code, node), code.parent(node)
    if (
        value is None
        or not is_fresh(code, value)
        or not _is_list(code, value)
        or isinstance(parent, cst.AnnAssign)
    ):
        return False
    edits[value] = _wrapped(deque)
    shown.append(code.parent(parent))
    return True


def _is_list(code: Code, value: cst.BaseExpression) -> bool:
    if isinstance(value, cst.List | cst.ListComp):
        return True
    if not isinstance(value, cst.Call):
        return False
    return isinstance(value.func, cst.Attribute) or code.is_builtin(value.func, "list", "sorted")


def _wrapped(deque: str) -> Edit:
    def edit(updated: cst.CSTNode) -> cst.CSTNode:
        assert isinstance(updated, cst.BaseExpression)
        if isinstance(updated, cst.List) and not updated.elements:
            return build(f"{deque}()")
        if (
            isinstance(updated, cst.Call)
            and isinstance(updated.func, cst.Name)
            and updated.func.value == "list"
        ):
            return updated.with_changes(func=cst.parse_expression(deque))
        return build(f"{deque}({{value}})", value=updated)

    return edit


def _ends(code: Code, call: cst.CSTNode, edits: Edits, shown: list[cst.CSTNode]) -> bool:
    """Translate `pop(0)` and `insert(0, x)`; `pop()` stays; anything else has no counterpart."""
    func = call.func if isinstance(call, cst.Call) else None
    if not isinstance(call, cst.Call) or not isinstance(func, cst.Attribute):
        return False
    texts = [code.text(arg).strip(", ") for arg in call.args]
    if func.attr.value == "pop" and texts in ([], ["-1"]):
        if texts:
            edits[call] = lambda updated: updated.with_changes(args=[])
        return True
    if func.attr.value == "pop" and texts == ["0"]:
        edits[call] = becomes(cst.Call(func.with_changes(attr=cst.Name("popleft"))))
    elif func.attr.value == "insert" and len(texts) == 2 and texts[0] == "0":
        edits[call] = _appendleft
    else:
        return False
    shown.append(call)
    return True


def _appendleft(updated: cst.CSTNode) -> cst.CSTNode:
    assert isinstance(updated, cst.Call)
    assert isinstance(updated.func, cst.Attribute)
    return updated.with_changes(
        func=updated.func.with_changes(attr=cst.Name("appendleft")), args=updated.args[1:]
    )


GROWN = (
    READING | {"method:append", "method:extend", "item-store", "store"} | {f"arg:{name}" for name in READERS}
)


def find_copies(code: Code, function: Function) -> Iterator[Change]:
    """`a = a + [x]` of a list that only this name holds."""
    for node in function.of_type(cst.Assign):
        name = node.targets[0].target
        value = node.value
        if (
            not isinstance(name, cst.Name)
            or len(node.targets) != 1
            or not isinstance(value, cst.BinaryOperation)
        ):
            continue
        right = value.right
        same = isinstance(value.left, cst.Name) and value.left.value == name.value
        plain = (
            same and not value.lpar and isinstance(value.operator, cst.Add) and isinstance(right, cst.List)
        )
        if not plain or not isinstance(right, cst.List) or not right.elements or code.has_comment(node):
            continue
        if code.loop_of(node) is not None and _alone(code, function, name.value):
            yield Change((node,), f"grow {name.value} in place", {node: becomes(_grown(name, right))})


def _grown(name: cst.Name, right: cst.List) -> cst.CSTNode:
    element = right.elements[0]
    if len(right.elements) == 1 and isinstance(element, cst.Element):
        return cst.Expr(build("{name}.append({item})", name=name, item=element.value))
    return cst.Expr(build("{name}.extend({items})", name=name, items=right))


def _alone(code: Code, function: Function, name: str) -> bool:
    """Whether nothing else can hold the list when it grows, and no loop walks over it."""
    if not function.is_local(name):
        return False
    for node, usage in usages(code, function, name):
        parent = code.parent(node)
        if isinstance(parent, cst.BinaryOperation):
            assign = code.parent(parent)
            targets = assign.targets if isinstance(assign, cst.Assign) else []
            if (
                len(targets) != 1
                or not isinstance(targets[0].target, cst.Name)
                or targets[0].target.value != name
            ):
                return False
        elif usage == "store":
            value = assigned_value(code, node)
            grown = isinstance(value, cst.BinaryOperation)
            if value is None or not (grown or (_is_list(code, value) and is_fresh(code, value))):
                return False
        elif usage not in GROWN or usage in ("iterate", "arg:enumerate", "arg:reversed", "arg:zip"):
            return False
    return not any(isinstance(node, cst.Yield) for node in function.own)


def find_sums(code: Code, function: Function) -> Iterator[Change]:
    """`sum(lists, [])` copies the growing total once for every list."""
    for node in function.of_type(cst.Call):
        if not code.is_builtin(node.func, "sum") or len(node.args) != 2 or any(arg.star for arg in node.args):
            continue
        start = node.args[1]
        if isinstance(start.value, cst.List) and not start.value.elements and not code.has_comment(node):
            chain = importing(code, "itertools", "chain")
            if chain is not None and node.args[0].keyword is None and code.means_builtin("list"):
                new = build(f"list({chain.expression}.from_iterable({{lists}}))", lists=node.args[0].value)
                yield Change((node,), "chain the lists", {node: becomes(new)}, chain.statement)


DEQUE = Rewrite(
    "deque-for-queue",
    "a local list used as a queue (`pop(0)`, `insert(0, x)`) becomes a `collections.deque`",
    "the queue is always short; the text of the IndexError for an empty queue differs",
    1.5,
    find_queues,
)
APPEND = Rewrite(
    "append-for-copy",
    "`a = a + [x]` in a loop becomes `a.append(x)` when no other name can hold the list",
    "code outside Python's own (a tracer, a debugger) keeps the old list; no other case is known",
    2.0,
    find_copies,
    together=True,
)
CHAIN = Rewrite(
    "chain-for-sum",
    "`sum(lists, [])` becomes `list(chain.from_iterable(lists))`",
    "an item is not a list: `sum` raises TypeError or calls its `__radd__`, `chain` takes any iterable",
    2.0,
    find_sums,
)
