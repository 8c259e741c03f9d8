"""Sequences and dicts asked again for what a loop or one call already gives."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from hotloop.agent.coder.catalog.base import Change, Rewrite, becomes, build, fresh_name
from hotloop.agent.coder.catalog.code import Code, Edits, Function
from hotloop.agent.coder.catalog.effects import is_pure, is_stable
from hotloop.agent.coder.catalog.kinds import Kinds
from hotloop.agent.coder.catalog.usage import usage_of

SEQUENCES = ("list", "tuple", "str", "bytes", "range", "sequence")


def find_ranges(code: Code, function: Function) -> Iterator[Change]:
    """`for i in range(len(xs))` that reads `xs[i]`."""
    kinds = Kinds(code, function)
    for loop in function.of_type(cst.For):
        items = _range_len(code, loop)
        index = loop.target
        if items is None or not isinstance(index, cst.Name) or not kinds.is_a(items, *SEQUENCES):
            continue
        reads = [n for n in code.inside(loop.body) if _reads(n, items, index)]
        inside = [n for n in function.names.get(index.value, []) if code.contains(loop.body, n)]
        if not reads or any(code.stores(n) or usage_of(code, n) == "delete" for n in inside):
            continue
        if is_stable(code, function, items.value, loop) and all(_is_load(code, n) for n in reads):
            yield _enumerated(code, loop, items, index, reads)


def _range_len(code: Code, loop: cst.For) -> cst.Name | None:
    node = loop.iter
    if not isinstance(node, cst.Call) or not code.is_builtin(node.func, "range") or len(node.args) != 1:
        return None
    inner = node.args[0].value
    if not isinstance(inner, cst.Call) or not code.is_builtin(inner.func, "len") or len(inner.args) != 1:
        return None
    items = inner.args[0].value
    return items if isinstance(items, cst.Name) and code.means_builtin("enumerate") else None


def _reads(node: cst.CSTNode, items: cst.Name, index: cst.Name) -> bool:
    if (
        not isinstance(node, cst.Subscript)
        or len(node.slice) != 1
        or not isinstance(node.slice[0].slice, cst.Index)
    ):
        return False
    owner, key = node.value, node.slice[0].slice.value
    named = isinstance(owner, cst.Name) and owner.value == items.value
    return named and isinstance(key, cst.Name) and key.value == index.value


def _is_load(code: Code, node: cst.CSTNode) -> bool:
    """Whether `xs[i]` is read, here and now: a lambda would read it later."""
    later = isinstance(code.nearest(node, cst.Lambda, cst.FunctionDef), cst.Lambda)
    owner = node.value if isinstance(node, cst.Subscript) else None
    return isinstance(owner, cst.Name) and usage_of(code, owner) == "item" and not later


def _enumerated(
    code: Code, loop: cst.For, items: cst.Name, index: cst.Name, reads: list[cst.CSTNode]
) -> Change:
    item = fresh_name(code, singular(items.value))
    edits: Edits = {node: becomes(cst.Name(item)) for node in reads}
    used = [n for n in code.inside(loop.body) if isinstance(n, cst.Name) and n.value == index.value]
    kept = len(used) > len(reads) or _used_after(code, loop, index)
    if kept:
        edits[loop.iter] = becomes(build("enumerate({items})", items=items))
        edits[loop.target] = becomes(
            cst.Tuple([cst.Element(index), cst.Element(cst.Name(item))], lpar=[], rpar=[])
        )
    else:
        edits[loop.iter] = becomes(items)
        edits[loop.target] = becomes(cst.Name(item))
    return Change((loop,), f"walk over {items.value} instead of its indices", edits)


def _used_after(code: Code, loop: cst.For, index: cst.Name) -> bool:
    around = code.nearest(loop, cst.FunctionDef)
    assert around is not None
    names = (n for n in code.inside(around) if isinstance(n, cst.Name) and n.value == index.value)
    return any(not code.contains(loop, n) for n in names)


def singular(name: str) -> str:
    """A name for one of `name`: `words` → `word`, `data` → `data_item`."""
    if name.endswith("ies") and len(name) > 4:
        return name[:-3] + "y"
    return name[:-1] if name.endswith("s") and len(name) > 3 and not name.endswith("ss") else f"{name}_item"


def find_items(code: Code, function: Function) -> Iterator[Change]:
    """`for k in d` or `for k in d.keys()` that reads `d[k]`."""
    kinds = Kinds(code, function)
    for loop in function.of_type(cst.For):
        owner, key = _mapping(loop), loop.target
        if (
            owner is None
            or not isinstance(key, cst.Name)
            or key.value == owner.value
            or code.has_comment(loop.iter)
        ):
            continue
        if isinstance(loop.iter, cst.Name) and not kinds.is_a(owner, "dict"):
            continue
        reads = [n for n in code.inside(loop.body) if _reads(n, owner, key)]
        inside = [n for n in function.names.get(key.value, []) if code.contains(loop.body, n)]
        if not reads or any(code.stores(n) or usage_of(code, n) == "delete" for n in inside):
            continue
        if not all(_is_load(code, n) for n in reads) or not is_stable(code, function, owner.value, loop):
            continue
        value = fresh_name(code, singular(owner.value))
        edits: Edits = {node: becomes(cst.Name(value)) for node in reads}
        edits[loop.iter] = becomes(build("{owner}.items()", owner=owner))
        edits[loop.target] = becomes(
            cst.Tuple([cst.Element(key), cst.Element(cst.Name(value))], lpar=[], rpar=[])
        )
        yield Change((loop,), f"walk over the items of {owner.value}", edits)


def _mapping(loop: cst.For) -> cst.Name | None:
    node = loop.iter
    if (
        isinstance(node, cst.Call)
        and isinstance(node.func, cst.Attribute)
        and node.func.attr.value == "keys"
        and not node.args
    ):
        node = node.func.value
    return node if isinstance(node, cst.Name) else None


EMPTIES = {
    "[]": ("append", "extend"),
    "list()": ("append", "extend"),
    "set()": ("add", "update"),
    "{}": ("update",),
}


def find_defaults(code: Code, function: Function) -> Iterator[Change]:
    """`if k not in d: d[k] = []` and then `d[k].append(x)`."""
    kinds = Kinds(code, function)
    for node in function.of_type(cst.If):
        block = code.block(node)
        at = block.index(node) if node in block else len(block)
        after = block[at + 1] if at + 1 < len(block) else None
        found = _default_of(code, node)
        if found is None or after is None or code.has_comment(node):
            continue
        owner, key, value = found
        reads = _grown_item(code, after, code.text(owner), key, EMPTIES[value])
        if reads is None or not isinstance(owner, cst.Name) or not kinds.is_a(owner, "dict"):
            continue
        new = build(f"{{owner}}.setdefault({{key}}, {value})", owner=owner, key=key)
        edits: Edits = {node: becomes(cst.RemoveFromParent()), reads: becomes(new)}
        yield Change((node, after), f"one look-up of {code.text(key)} in {owner.value}", edits)


def _default_of(code: Code, node: cst.If) -> tuple[cst.BaseExpression, cst.BaseExpression, str] | None:
    test = node.test
    if (
        node.orelse is not None
        or not isinstance(test, cst.Comparison)
        or len(test.comparisons) != 1
        or len(node.body.body) != 1
    ):
        return None
    target = test.comparisons[0]
    line = node.body.body[0]
    assign = line.body[0] if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1 else None
    if (
        not isinstance(target.operator, cst.NotIn)
        or not isinstance(assign, cst.Assign)
        or len(assign.targets) != 1
    ):
        return None
    owner, key, value = target.comparator, test.left, code.text(assign.value)
    written = code.text(assign.targets[0].target) == f"{code.text(owner)}[{code.text(key)}]"
    builtin = not isinstance(assign.value, cst.Call) or code.is_builtin(assign.value.func, "list", "set")
    return (owner, key, value) if written and builtin and value in EMPTIES and is_pure(code, key) else None


def _grown_item(
    code: Code, after: cst.CSTNode, owner: str, key: cst.BaseExpression, methods: tuple[str, ...]
) -> cst.Subscript | None:
    """The `d[k]` of a statement that is exactly `d[k].append(…)`."""
    if (
        not isinstance(after, cst.SimpleStatementLine)
        or len(after.body) != 1
        or not isinstance(after.body[0], cst.Expr)
    ):
        return None
    call = after.body[0].value
    if (
        not isinstance(call, cst.Call)
        or not isinstance(call.func, cst.Attribute)
        or call.func.attr.value not in methods
    ):
        return None
    item = call.func.value
    return (
        item if isinstance(item, cst.Subscript) and code.text(item) == f"{owner}[{code.text(key)}]" else None
    )


ENUMERATE = Rewrite(
    "enumerate-for-range",
    "`for i in range(len(xs))` that reads `xs[i]` walks over xs itself",
    "xs is a type of its own whose items and indices disagree while its annotation says it is a sequence",
    1.2,
    find_ranges,
)
ITEMS = Rewrite(
    "items-for-keys",
    "`for k in d` that reads `d[k]` walks over `d.items()`",
    "d is a mapping of its own whose `items()` are not what `d[k]` gives",
    1.2,
    find_items,
)
SETDEFAULT = Rewrite(
    "setdefault-for-test",
    "`if k not in d: d[k] = []` and `d[k].append(x)` become one `setdefault`",
    "the key's `__hash__` or `__eq__` counts its calls; the dict is a subclass that overrides `__setitem__`",
    1.2,
    find_defaults,
    together=True,
)
