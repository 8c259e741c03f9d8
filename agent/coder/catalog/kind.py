"""A type as far as the catalog tells types apart, and what annotations say of it."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

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


PLAIN = {
    "str": STR,
    "bytes": BYTES,
    "int": INT,
    "float": FLOAT,
    "bool": BOOL,
    "None": NONE,
    "type": Kind("type"),
}


CONTAINERS = {name: name for name in ("list", "set", "frozenset", "dict", "tuple")} | {
    "List": "list", "Set": "set", "FrozenSet": "frozenset", "Dict": "dict", "Tuple": "tuple",
    "Mapping": "dict", "Iterable": "iterable", "Iterator": "iterable", "Collection": "iterable",
    "Sequence": "sequence", "Optional": "optional",
}  # fmt: skip


def join(kinds: list[Kind | None]) -> Kind | None:
    """What holds of a value that may be any of these."""
    known = [kind for kind in kinds if kind is not NEVER]
    if not known or any(kind is None for kind in known):
        return None if known else NEVER
    sure = [kind for kind in known if kind is not None]
    if len({kind.name for kind in sure}) == 1:
        return Kind(sure[0].name, plain(join([kind.item for kind in sure])))
    return KEY if all(kind.hashable for kind in sure) else None


def plain(kind: Kind | None) -> Kind | None:
    return None if kind is NEVER else kind


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
        return Kind("tuple", plain(join(given)))
    return Kind(name, items[0] if items else None)
