"""What an expression or a stretch of code can change."""

from __future__ import annotations

import libcst as cst

from hotloop.agent.coder.catalog.code import Code, Function
from hotloop.agent.coder.catalog.kind import IMMUTABLE
from hotloop.agent.coder.catalog.kinds import Kinds
from hotloop.agent.coder.catalog.usage import READING, is_private, usage_of

PURE_BUILTINS = (
    "abs", "all", "any", "ascii", "bin", "bool", "bytes", "chr", "dict", "divmod", "enumerate", "float",
    "format", "frozenset", "hash", "hex", "id", "int", "isinstance", "issubclass", "len", "list", "max",
    "min", "oct", "ord", "pow", "range", "repr", "reversed", "round", "set", "slice", "sorted", "str",
    "sum", "tuple", "type", "zip", "callable", "hasattr",
)  # fmt: skip
PURE_METHODS = frozenset(
    [
        "capitalize",
        "casefold",
        "center",
        "count",
        "encode",
        "decode",
        "endswith",
        "find",
        "format",
        "index",
        "isalnum",
        "isalpha",
        "isdecimal",
        "isdigit",
        "islower",
        "isnumeric",
        "isspace",
        "istitle",
        "isupper",
        "items",
        "join",
        "keys",
        "ljust",
        "lower",
        "lstrip",
        "partition",
        "removeprefix",
        "removesuffix",
        "replace",
        "rfind",
        "rindex",
        "rjust",
        "rpartition",
        "rsplit",
        "rstrip",
        "split",
        "splitlines",
        "startswith",
        "strip",
        "swapcase",
        "title",
        "translate",
        "upper",
        "values",
        "zfill",
        "get",
        "copy",
        "union",
        "intersection",
        "difference",
        "issubset",
        "issuperset",
        "bit_length",
        "hexdigest",
        "group",
        "groups",
        "start",
        "end",
        "span",
        "isidentifier",
    ]
)
PURE_MODULES = (
    "math.",
    "operator.",
    "re.",
    "itertools.",
    "os.path.join",
    "os.path.basename",
    "os.path.splitext",
)
GROWING = frozenset(
    [
        "append",
        "add",
        "extend",
        "appendleft",
        "insert",
        "pop",
        "popleft",
        "remove",
        "discard",
        "clear",
        "update",
        "setdefault",
        "sort",
        "reverse",
    ]
)


def is_pure_call(code: Code, node: cst.Call) -> bool:
    """Whether a call changes nothing and tells nobody, arguments aside.

    Methods are judged by their name: those of strings and read-only ones of containers.
    """
    if code.is_builtin(node.func, *PURE_BUILTINS):
        return not any(isinstance(arg.value, cst.Lambda) or arg.keyword for arg in node.args)
    qualified = code.qualified(node.func)
    if qualified is not None:
        return qualified.startswith(PURE_MODULES)
    return isinstance(node.func, cst.Attribute) and node.func.attr.value in PURE_METHODS


EFFECTS = (cst.Await, cst.Yield, cst.NamedExpr, cst.Lambda)


def is_pure(code: Code, node: cst.CSTNode) -> bool:
    """Whether evaluating the expression can be left out, or done at another moment, unseen."""
    return all(
        not isinstance(below, EFFECTS) and (not isinstance(below, cst.Call) or is_pure_call(code, below))
        for below in code.inside(node)
    )


def has_suspension(code: Code, node: cst.CSTNode) -> bool:
    return any(isinstance(below, cst.Await | cst.Yield) for below in code.inside(node))


def is_quiet(code: Code, function: Function, region: cst.CSTNode) -> bool:
    """Whether a stretch of code changes nothing but local names and containers made in the function."""
    for node in code.inside(region):
        if isinstance(
            node,
            cst.Await
            | cst.Yield
            | cst.Lambda
            | cst.FunctionDef
            | cst.ClassDef
            | cst.With
            | cst.Del
            | cst.Import
            | cst.ImportFrom,
        ):
            return False
        if (
            isinstance(node, cst.Call)
            and not is_pure_call(code, node)
            and not _grows_private(code, function, node)
        ):
            return False
        if (
            isinstance(node, cst.AssignTarget | cst.For)
            and not isinstance(node.target, cst.Name)
            and not _plain_targets(code, function, node.target)
        ):
            return False
        if isinstance(node, cst.AugAssign) and not (
            isinstance(node.target, cst.Name) or _plain_targets(code, function, node.target)
        ):
            return False
    return True


def _plain_targets(code: Code, function: Function, target: cst.CSTNode) -> bool:
    if isinstance(target, cst.Tuple | cst.List):
        return all(
            isinstance(e, cst.Element) and _plain_targets(code, function, e.value) for e in target.elements
        )
    if isinstance(target, cst.Subscript) and isinstance(target.value, cst.Name):
        return is_private(code, function, target.value.value, OWNED)
    return isinstance(target, cst.Name)


OWNED = (
    READING
    | {"item-store"}
    | {f"method:{name}" for name in GROWING | {"get", "items", "keys", "values", "index", "count"}}
)


def _grows_private(code: Code, function: Function, node: cst.Call) -> bool:
    func = node.func
    return (
        isinstance(func, cst.Attribute)
        and isinstance(func.value, cst.Name)
        and func.attr.value in GROWING
        and is_private(code, function, func.value.value, OWNED)
    )


CHANGING = frozenset({"store", "augment", "delete", "item-store", "other"}) | {
    f"method:{name}" for name in GROWING
}


def is_stable(code: Code, function: Function, name: str, region: cst.CSTNode) -> bool:
    """Whether a local name stands for the same, unchanged thing all through the region."""
    if not function.is_local(name):
        return False
    inside = [node for node in function.names[name] if code.contains(region, node)]
    if any(code.stores(node) for node in inside):
        return False
    kind = Kinds(code, function).of(inside[0]) if inside else None
    if kind is not None and kind.name in IMMUTABLE | {"tuple"}:
        return True
    if any(usage_of(code, node) in CHANGING for node in inside):
        return False
    return is_private(code, function, name, OWNED) or is_quiet(code, function, region)
