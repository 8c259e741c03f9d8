"""What type an expression has, where the function itself shows it.

Annotations are believed; everything else is read from literals, builtins and
methods that only one type has. What is not shown is None, never guessed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import libcst as cst

from hotloop.agent.coder.catalog.code import Code, Function
from hotloop.agent.coder.catalog.kind import (
    BOOL,
    BYTES,
    FLOAT,
    INT,
    KEY,
    NEVER,
    NONE,
    NUMBERS,
    STR,
    Kind,
    join,
    noted_kind,
    plain,
)

STR_METHODS = frozenset(
    {"lower", "upper", "casefold", "capitalize", "swapcase", "lstrip", "rstrip", "strip", "zfill", "title"}
)
TEXT_METHODS = frozenset({"replace", "format", "join", "removeprefix", "removesuffix"})
LIST_METHODS = frozenset({"split", "splitlines", "rsplit"})
METHODS = (
    dict.fromkeys(STR_METHODS, KEY)
    | dict.fromkeys(("find", "rfind", "bit_length"), INT)
    | dict.fromkeys(
        ("startswith", "endswith", "isdigit", "isalpha", "isspace", "isupper", "islower", "isalnum"), BOOL
    )
    | {"group": KEY, "encode": BYTES, "hexdigest": STR}
)
CALLS = (
    dict.fromkeys(("len", "ord", "int", "hash", "id"), INT)
    | dict.fromkeys(("str", "repr", "chr", "hex", "ascii"), STR)
    | dict.fromkeys(("bool", "isinstance", "issubclass", "callable", "any", "all"), BOOL)
    | {
        "float": FLOAT,
        "bytes": BYTES,
        "type": Kind("type"),
        "range": Kind("range", INT),
        "dict": Kind("dict", KEY),
    }
)
MAKERS = {name: name for name in ("list", "set", "frozenset", "tuple")} | {
    "sorted": "list",
    "reversed": "iterable",
}
MOST_STEPS = 300
EXTREMES = ("min", "max", "abs", "sum")
QUALIFIED = {
    "re.sub": STR, "re.escape": STR, "re.split": Kind("list", KEY), "re.findall": Kind("list", KEY),
    "os.path.join": STR, "os.path.basename": STR, "os.getcwd": STR, "math.floor": INT, "math.ceil": INT,
}  # fmt: skip


class Kinds:
    """Kinds of expressions in one function. Guards against cycles such as `x = x.strip()`."""

    def __init__(self, code: Code, function: Function, open_calls: list[cst.Call] | None = None) -> None:
        """open_calls: calls whose kind is what is being asked, such as a function's calls of itself."""
        self._open = open_calls or []
        self._code = code
        self._function = function
        self._busy: set[str] = set()
        self._known: dict[str, Kind | None] = {}
        self._steps = 0

    def hashable(self, node: cst.BaseExpression) -> bool:
        kind = self.of(node)
        return (kind is not None and kind.hashable) or self._used_as_key(node)

    def is_a(self, node: cst.BaseExpression, *names: str) -> bool:
        kind = self.of(node)
        return kind is not None and kind.name in names

    def _used_as_key(self, node: cst.BaseExpression) -> bool:
        """Whether the function itself puts the same name into a set or uses it as a key of a dict."""
        if not isinstance(node, cst.Name):
            return False
        return any(self._is_key(other) for other in self._function.names.get(node.value, []))

    def _is_key(self, node: cst.Name) -> bool:
        code, parent = self._code, self._code.parent(node)
        if isinstance(parent, cst.Index):
            subscript = code.parent(code.parent(parent))
            return isinstance(subscript, cst.Subscript) and self.is_a(subscript.value, "dict")
        if isinstance(parent, cst.Comparison) and parent.left is node:
            target = parent.comparisons[0]
            return isinstance(target.operator, cst.In | cst.NotIn) and self.is_a(
                target.comparator, "dict", "set", "frozenset"
            )
        if isinstance(parent, cst.Arg):
            above = code.parent(parent)
            return isinstance(above, cst.Call) and code.is_builtin(above.func, "hash")
        return False

    def of(self, node: cst.BaseExpression | None) -> Kind | None:
        """The expression's kind, or None when the function does not show it."""
        read = self._readers.get(type(node))
        return read(node) if read is not None else None

    @cached_property
    def _readers(self) -> dict[type[object], Callable[[Any], Kind | None]]:
        return {
            cst.SimpleString: lambda node: BYTES if "b" in node.prefix.lower() else STR,
            cst.FormattedString: lambda node: STR,
            cst.ConcatenatedString: lambda node: self.of(node.left),
            cst.Integer: lambda node: INT,
            cst.Float: lambda node: FLOAT,
            cst.Name: self._name,
            cst.Call: self._call,
            cst.Subscript: self._subscript,
            cst.BinaryOperation: self._binary,
            cst.UnaryOperation: self._unary,
            cst.IfExp: lambda node: join([self.of(node.body), self.of(node.orelse)]),
            cst.BooleanOperation: lambda node: join([self.of(node.left), self.of(node.right)]),
            cst.Comparison: self._comparison,
            cst.List: lambda node: self._display("list", node),
            cst.Set: lambda node: self._display("set", node),
            cst.Tuple: lambda node: self._display("tuple", node),
            cst.ListComp: lambda node: Kind("list", self.of(node.elt)),
            cst.SetComp: lambda node: Kind("set", self.of(node.elt)),
            cst.GeneratorExp: lambda node: Kind("iterable", self.of(node.elt)),
            cst.Dict: lambda node: Kind("dict", KEY),
            cst.DictComp: lambda node: Kind("dict", KEY),
        }

    def _unary(self, node: cst.UnaryOperation) -> Kind | None:
        if isinstance(node.operator, cst.Not):
            return BOOL
        return self.of(node.expression) if self.is_a(node.expression, "int", "float") else None

    def _comparison(self, node: cst.Comparison) -> Kind | None:
        plain_answer = (cst.In, cst.NotIn, cst.Is, cst.IsNot)
        sure = all(isinstance(target.operator, plain_answer) for target in node.comparisons)
        return BOOL if sure or self.of(node.left) in (STR, INT, FLOAT, BYTES) else None

    def _display(self, name: str, node: cst.List | cst.Set | cst.Tuple) -> Kind:
        items = [None if isinstance(e, cst.StarredElement) else self.of(e.value) for e in node.elements]
        return Kind(name, plain(join(items)))

    def item(self, node: cst.BaseExpression) -> Kind | None:
        """What iterating over the expression gives."""
        kind = self.of(node)
        if kind is None:
            return None
        return {
            "str": STR,
            "bytes": INT,
            "range": INT,
            "set": kind.item or KEY,
            "dict": kind.item or KEY,
        }.get(kind.name, kind.item)

    def _name(self, node: cst.Name) -> Kind | None:
        name, code = node.value, self._code
        if name in ("True", "False", "None"):
            return NONE if name == "None" else BOOL
        if self._function.is_local(name):
            return NEVER if name in self._busy else self._local(name)
        value = code.global_value(node)
        literals = cst.SimpleString | cst.Integer | cst.Float | cst.ConcatenatedString | cst.Tuple
        return self.of(value) if isinstance(value, literals) else None

    def _local(self, name: str) -> Kind | None:
        """What all bindings of a local name agree on; None too when that takes too long to find out."""
        if not self._busy:
            self._steps = 0
            if name in self._known:
                return self._known[name]
        self._steps += 1
        if self._steps > MOST_STEPS:
            return None
        self._busy.add(name)
        stores = [node for node in self._function.names[name] if self._code.stores(node)]
        found = join([self._stored(store) for store in stores])
        self._busy.discard(name)
        if not self._busy:
            self._known[name] = found
        return found

    def _stored(self, node: cst.Name) -> Kind | None:
        """What one binding of a name gives it."""
        parent = self._code.parent(node)
        if isinstance(parent, cst.Param):
            return self._param(parent)
        if isinstance(parent, cst.AnnAssign):
            return self.noted(parent.annotation)
        if isinstance(parent, cst.AugAssign):
            value = self.of(parent.value)
            return value if value is not None and value.name in NUMBERS | {"str", "bytes"} else None
        if isinstance(parent, cst.For | cst.CompFor):
            return self.item(parent.iter)
        assign = self._code.parent(parent) if isinstance(parent, cst.AssignTarget) else parent
        if isinstance(assign, cst.Assign | cst.NamedExpr):
            return self.of(assign.value)
        return self._unpacked(node)

    def _param(self, node: cst.Param) -> Kind | None:
        noted = self.noted(node.annotation)
        default = self.of(node.default) if node.default is not None else NEVER
        return None if node.star in ("*", "**") or noted is None else join([noted, default])

    def _unpacked(self, node: cst.Name) -> Kind | None:
        element = self._code.parent(node)
        targets = self._code.parent(element) if isinstance(element, cst.Element) else None
        if not isinstance(targets, cst.Tuple):
            return None
        at = list(targets.elements).index(element)  # type: ignore[arg-type]  # narrowed above, by identity
        owner = self._code.parent(targets)
        if isinstance(owner, cst.For | cst.CompFor):
            return self._column(owner.iter, at)
        assign = self._code.parent(owner) if isinstance(owner, cst.AssignTarget) else None
        if not isinstance(assign, cst.Assign):
            return None
        value = assign.value
        if isinstance(value, cst.Tuple) and len(value.elements) == len(targets.elements):
            return self.of(value.elements[at].value)
        return self.item(value)

    def _column(self, node: cst.BaseExpression, at: int) -> Kind | None:
        """Part `at` of each tuple that `enumerate`, `zip` or `.items()` gives."""
        if not isinstance(node, cst.Call):
            return None
        args = [arg.value for arg in node.args if not arg.star and arg.keyword is None]
        if self._code.is_builtin(node.func, "enumerate") and args:
            return INT if at == 0 else self.item(args[0])
        if self._code.is_builtin(node.func, "zip") and at < len(args):
            return self.item(args[at])
        method = node.func.attr.value if isinstance(node.func, cst.Attribute) else ""
        return KEY if method == "items" and at == 0 and not args else None

    def _call(self, node: cst.Call) -> Kind | None:
        code, func = self._code, node.func
        name = func.value if isinstance(func, cst.Name) and code.is_builtin(func, func.value) else ""
        if node in self._open:
            return NEVER
        if name in MAKERS:
            return Kind(MAKERS[name], self.item(node.args[0].value) if node.args else None)
        if name in EXTREMES and node.args:
            return self._extreme(node)
        if isinstance(func, cst.Attribute):
            return QUALIFIED.get(code.qualified(func) or "") or self._method(node, func)
        return CALLS.get(name)

    def _extreme(self, node: cst.Call) -> Kind | None:
        args = [arg.value for arg in node.args if arg.keyword is None and not arg.star]
        if len(args) != len(node.args):
            return None
        single = len(args) == 1 and self._code.text(node.func) != "abs"
        found = join([self.item(args[0])] if single else [self.of(arg) for arg in args])
        return found if found is NEVER or (found is not None and found.name in NUMBERS) else None

    def _method(self, node: cst.Call, func: cst.Attribute) -> Kind | None:
        name = func.attr.value
        owner = self.of(func.value)
        if owner is NEVER or (owner in (STR, BYTES) and name in STR_METHODS | TEXT_METHODS):
            return owner
        if name in LIST_METHODS:
            return Kind("list", owner if owner in (STR, BYTES) else KEY)
        if name == "keys" and not node.args:
            return Kind("iterable", KEY)
        if name == "get" and len(node.args) == 2 and isinstance(node.args[1].value, cst.Dict):
            return Kind("dict", KEY)
        if name in ("partition", "rpartition"):
            return Kind("tuple", owner if owner in (STR, BYTES) else KEY)
        return METHODS.get(name)

    def _subscript(self, node: cst.Subscript) -> Kind | None:
        kind = self.of(node.value)
        if kind is None or kind is NEVER or len(node.slice) != 1:
            return kind if kind is NEVER else None
        if isinstance(node.slice[0].slice, cst.Slice):
            return kind if kind.name in ("str", "bytes", "list", "tuple", "range") else None
        items = {"str": STR, "bytes": INT, "list": kind.item, "tuple": kind.item, "sequence": kind.item}
        return items.get(kind.name)

    def _binary(self, node: cst.BinaryOperation) -> Kind | None:
        left, right = self.of(node.left), self.of(node.right)
        text = isinstance(node.operator, cst.Modulo | cst.Multiply) and left == STR
        if text or (isinstance(node.operator, cst.Add) and STR in (left, right)):
            return STR
        if left is None or right is None:
            return None
        if NEVER in (left, right):
            return right if left is NEVER else left
        if left.name in NUMBERS and right.name in NUMBERS:
            float_in = "float" in (left.name, right.name)
            return FLOAT if float_in or isinstance(node.operator, cst.Divide | cst.Power) else INT
        same = isinstance(node.operator, cst.Add) and left.name == right.name
        return join([left, right]) if same and left.name in ("list", "bytes", "tuple") else None

    def noted(self, annotation: cst.Annotation | None) -> Kind | None:
        return noted_kind(annotation.annotation) if annotation is not None else None
