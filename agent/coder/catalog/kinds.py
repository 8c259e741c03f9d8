"""What type an expression has, where the function itself shows it.

Annotations are believed; everything else is read from literals, builtins and
methods that only one type has. What is not shown is None, never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from hotloop.agent.coder.catalog.code import Code, Function

HASHABLE = frozenset({"str", "bytes", "int", "float", "bool", "none", "key", "type", "range", "frozenset"})
NUMBERS = frozenset({"int", "float", "bool"})
IMMUTABLE = HASHABLE - {"key"}


@dataclass(frozen=True)
class Kind:
    """A type: its name and, of a container, what its items are ("key": hashable, type unknown)."""

    name: str
    item: Kind | None = None

    @property
    def hashable(self) -> bool:
        return self.name in HASHABLE or (
            self.name == "tuple" and self.item is not None and self.item.hashable
        )


STR, BYTES, INT, FLOAT, BOOL, NONE, KEY = (
    Kind(name) for name in ("str", "bytes", "int", "float", "bool", "none", "key")
)
NEVER = Kind("never")

STR_METHODS = frozenset(
    {"lower", "upper", "casefold", "capitalize", "swapcase", "lstrip", "rstrip", "strip", "zfill", "title"}
)
INT_METHODS = frozenset({"find", "rfind", "bit_length"})
BOOL_METHODS = frozenset(
    {"startswith", "endswith", "isdigit", "isalpha", "isspace", "isupper", "islower", "isalnum"}
)
LIST_METHODS = frozenset({"split", "splitlines", "rsplit"})
CALLS = {
    "len": INT, "ord": INT, "int": INT, "hash": INT, "id": INT, "str": STR, "repr": STR, "chr": STR, "hex": STR,
    "ascii": STR, "float": FLOAT, "bool": BOOL, "isinstance": BOOL, "issubclass": BOOL, "callable": BOOL,
    "type": Kind("type"), "range": Kind("range", INT), "any": BOOL, "all": BOOL, "bytes": BYTES,
}  # fmt: skip
QUALIFIED = {
    "re.sub": STR, "re.escape": STR, "re.split": Kind("list", KEY), "re.findall": Kind("list", KEY),
    "os.path.join": STR, "os.path.basename": STR, "os.getcwd": STR, "math.floor": INT, "math.ceil": INT,
}  # fmt: skip
PLAIN = {
    "str": STR,
    "bytes": BYTES,
    "int": INT,
    "float": FLOAT,
    "bool": BOOL,
    "None": NONE,
    "type": Kind("type"),
}
CONTAINERS = {
    "list": "list", "List": "list", "set": "set", "Set": "set", "frozenset": "frozenset", "FrozenSet": "frozenset",
    "dict": "dict", "Dict": "dict", "Mapping": "dict", "Iterable": "iterable", "Sequence": "sequence",
    "Iterator": "iterable", "Collection": "iterable", "Optional": "optional", "tuple": "tuple", "Tuple": "tuple",
}  # fmt: skip


def join(kinds: list[Kind | None]) -> Kind | None:
    """What holds of a value that may be any of these."""
    known = [kind for kind in kinds if kind is not NEVER]
    if not known or any(kind is None for kind in known):
        return None if known else NEVER
    sure = [kind for kind in known if kind is not None]
    if len({kind.name for kind in sure}) == 1:
        return Kind(sure[0].name, _plain(join([kind.item for kind in sure])))
    return KEY if all(kind.hashable for kind in sure) else None


def _plain(kind: Kind | None) -> Kind | None:
    return None if kind is NEVER else kind


class Kinds:
    """Kinds of expressions in one function. Guards against cycles such as `x = x.strip()`."""

    def __init__(self, code: Code, function: Function, open_calls: list[cst.Call] | None = None) -> None:
        """open_calls: calls whose kind is what is being asked, such as a function's calls of itself."""
        self._open = open_calls or []
        self._code = code
        self._function = function
        self._busy: set[str] = set()

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

    def of(self, node: cst.BaseExpression | None) -> Kind | None:  # noqa: PLR0911  (a table of node types)
        if isinstance(node, cst.SimpleString):
            return BYTES if "b" in node.prefix.lower() else STR
        if isinstance(node, cst.FormattedString):
            return STR
        if isinstance(node, cst.ConcatenatedString):
            return self.of(node.left)
        if isinstance(node, cst.Integer):
            return INT
        if isinstance(node, cst.Float):
            return FLOAT
        if isinstance(node, cst.Name):
            return self._name(node)
        if isinstance(node, cst.Call):
            return self._call(node)
        if isinstance(node, cst.Subscript):
            return self._subscript(node)
        if isinstance(node, cst.BinaryOperation):
            return self._binary(node)
        if isinstance(node, cst.IfExp):
            return join([self.of(node.body), self.of(node.orelse)])
        if isinstance(node, cst.BooleanOperation):
            return join([self.of(node.left), self.of(node.right)])
        return self._other(node)

    def _other(self, node: cst.BaseExpression | None) -> Kind | None:
        if isinstance(node, cst.UnaryOperation):
            if isinstance(node.operator, cst.Not):
                return BOOL
            return self.of(node.expression) if self.is_a(node.expression, "int", "float") else None
        if isinstance(node, cst.Comparison):
            simple = (cst.In, cst.NotIn, cst.Is, cst.IsNot)
            sure = all(isinstance(target.operator, simple) for target in node.comparisons)
            return BOOL if sure or self.of(node.left) in (STR, INT, FLOAT, BYTES) else None
        if isinstance(node, cst.List | cst.Set | cst.Tuple):
            items = [None if isinstance(e, cst.StarredElement) else self.of(e.value) for e in node.elements]
            return Kind(type(node).__name__.lower(), _plain(join(items)))
        if isinstance(node, cst.ListComp | cst.SetComp | cst.GeneratorExp):
            names = {cst.ListComp: "list", cst.SetComp: "set", cst.GeneratorExp: "iterable"}
            return Kind(names[type(node)], self.of(node.elt))
        if isinstance(node, cst.Dict | cst.DictComp):
            return Kind("dict", KEY)
        return None

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
            if name in self._busy:
                return NEVER
            self._busy.add(name)
            stores = [n for n in self._function.names[name] if code.stores(n)]
            found = join([self._stored(store) for store in stores])
            self._busy.discard(name)
            return found
        value = code.global_value(node)
        literals = cst.SimpleString | cst.Integer | cst.Float | cst.ConcatenatedString | cst.Tuple
        return self.of(value) if isinstance(value, literals) else None

    def _stored(self, node: cst.Name) -> Kind | None:
        parent = self._code.parent(node)
        if isinstance(parent, cst.Param):
            default = self.of(parent.default) if parent.default is not None else NEVER
            noted = self.noted(parent.annotation)
            special = bool(parent.star) and parent.star != ""
            return None if special or noted is None else join([noted, default])
        if isinstance(parent, cst.AnnAssign):
            return self.noted(parent.annotation)
        if isinstance(parent, cst.AugAssign):
            value = self.of(parent.value)
            return value if value is not None and value.name in NUMBERS | {"str", "bytes"} else None
        if isinstance(parent, cst.NamedExpr):
            return self.of(parent.value)
        if isinstance(parent, cst.For | cst.CompFor):
            return self.item(parent.iter)
        if isinstance(parent, cst.AssignTarget):
            assign = self._code.parent(parent)
            return self.of(assign.value) if isinstance(assign, cst.Assign) else None
        return self._unpacked(node)

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
        if (
            isinstance(value, cst.Call)
            and isinstance(value.func, cst.Attribute)
            and value.func.attr.value in ("partition", "rpartition")
        ):
            return STR if self.is_a(value.func.value, "str") else KEY
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
        if node in self._open:
            return NEVER
        if code.is_builtin(func, *CALLS):
            return CALLS[code.text(func)]
        if code.is_builtin(func, "list", "sorted", "set", "frozenset", "tuple", "reversed"):
            name = {"sorted": "list", "reversed": "iterable"}.get(code.text(func), code.text(func))
            return Kind(name, self.item(node.args[0].value) if node.args else None)
        if code.is_builtin(func, "dict"):
            return Kind("dict", KEY)
        if code.is_builtin(func, "min", "max", "abs", "sum") and node.args:
            return self._extreme(node)
        if isinstance(func, cst.Attribute):
            return QUALIFIED.get(code.qualified(func) or "") or self._method(node, func)
        return None

    def _extreme(self, node: cst.Call) -> Kind | None:
        args = [arg.value for arg in node.args if arg.keyword is None and not arg.star]
        if len(args) != len(node.args):
            return None
        kinds = (
            [self.of(arg) for arg in args]
            if len(args) > 1 or self._code.text(node.func) == "abs"
            else [self.item(args[0])]
        )
        found = join(kinds)
        return found if found is NEVER or (found is not None and found.name in NUMBERS) else None

    def _method(self, node: cst.Call, func: cst.Attribute) -> Kind | None:
        name = func.attr.value
        owner = self.of(func.value)
        if owner is NEVER:
            return NEVER
        if name in STR_METHODS or name in ("replace", "format", "join", "removeprefix", "removesuffix"):
            if owner in (STR, BYTES):
                return owner
            return KEY if name in STR_METHODS else None
        if name in LIST_METHODS:
            return Kind("list", owner if owner in (STR, BYTES) else KEY)
        if name in INT_METHODS:
            return INT
        if name in BOOL_METHODS:
            return BOOL
        if name == "keys" and not node.args:
            return Kind("iterable", KEY)
        if name in ("encode", "hexdigest"):
            return BYTES if name == "encode" else STR
        if name == "get" and len(node.args) == 2 and isinstance(node.args[1].value, cst.Dict):
            return Kind("dict", KEY)
        return KEY if name == "group" and owner is None and len(node.args) <= 1 else None

    def _subscript(self, node: cst.Subscript) -> Kind | None:
        kind = self.of(node.value)
        if kind is None or kind is NEVER or len(node.slice) != 1:
            return kind if kind is NEVER else None
        if isinstance(node.slice[0].slice, cst.Slice):
            return kind if kind.name in ("str", "bytes", "list", "tuple", "range") else None
        if kind.name == "bytes":
            return INT
        return (
            STR if kind.name == "str" else kind.item if kind.name in ("list", "tuple", "sequence") else None
        )

    def _binary(self, node: cst.BinaryOperation) -> Kind | None:
        left, right = self.of(node.left), self.of(node.right)
        if isinstance(node.operator, cst.Add) and STR in (left, right):
            return STR
        if isinstance(node.operator, cst.Modulo | cst.Multiply) and left == STR:
            return STR
        if left is None or right is None:
            return None
        if NEVER in (left, right):
            return NEVER if left == right else right if left is NEVER else left
        if left.name in NUMBERS and right.name in NUMBERS:
            exact = (
                left.name != "float"
                and right.name != "float"
                and not isinstance(node.operator, cst.Divide | cst.Power)
            )
            return INT if exact else FLOAT
        same = isinstance(node.operator, cst.Add) and left.name == right.name
        return join([left, right]) if same and left.name in ("list", "bytes", "tuple") else None

    def noted(self, annotation: cst.Annotation | None) -> Kind | None:
        return noted_kind(annotation.annotation) if annotation is not None else None


def noted_kind(node: cst.BaseExpression) -> Kind | None:
    """What an annotation says, as far as kinds can say it."""
    if isinstance(node, cst.SimpleString):
        try:
            return noted_kind(cst.parse_expression(str(node.evaluated_value)))
        except cst.ParserSyntaxError:
            return None
    if isinstance(node, cst.Name):
        return PLAIN.get(node.value) or (Kind(CONTAINERS[node.value]) if node.value in CONTAINERS else None)
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.BitOr):
        return join([noted_kind(node.left), noted_kind(node.right)])
    if isinstance(node, cst.Subscript):
        base = node.value.attr if isinstance(node.value, cst.Attribute) else node.value
        name = CONTAINERS.get(base.value) if isinstance(base, cst.Name) else None
        items = [noted_kind(part.slice.value) for part in node.slice if isinstance(part.slice, cst.Index)]
        return _noted_container(name, items, node) if name is not None else None
    return None


def _noted_container(name: str, items: list[Kind | None], node: cst.Subscript) -> Kind | None:
    if name == "optional":
        return join([items[0], NONE]) if items else None
    if name == "dict":
        return Kind("dict", items[0] or KEY)
    if name == "tuple":
        texts = [part.slice.value for part in node.slice if isinstance(part.slice, cst.Index)]
        given = [kind for kind, text in zip(items, texts, strict=True) if not isinstance(text, cst.Ellipsis)]
        return Kind("tuple", _plain(join(given)))
    return Kind(name, items[0] if items else None)
