"""Plain data as tagged JSON, on this side: see `profilers/runner/hotloop_plain.py` for the format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Tagged = list[Any]


@dataclass(frozen=True)
class Same:
    """Stands for the very object that another argument is. Written ["=", name]; only as a whole argument."""

    name: str

    def __repr__(self) -> str:
        return self.name


_MANY: dict[type, str] = {list: "l", tuple: "t", set: "S", frozenset: "F"}
_MAKE: dict[str, Callable[[Any], Any]] = {tag: kind for kind, tag in _MANY.items()}
_WRITE: dict[type, Callable[[Any], Tagged]] = {
    type(None): lambda value: ["n"],
    bool: lambda value: ["b", int(value)],
    int: lambda value: ["i", f"{value:x}"],
    float: lambda value: ["f", value.hex()],
    str: lambda value: ["s", value],
    bytes: lambda value: ["y", value.hex()],
}
_READ: dict[str, Callable[..., Any]] = {
    "n": lambda: None,
    "b": bool,
    "i": lambda text: int(text, 16),
    "f": float.fromhex,
    "s": str,
    "y": bytes.fromhex,
}


def encode(value: Any) -> Tagged:
    """Raises KeyError for a value that is no plain data."""
    kind = type(value)
    if kind is Same:
        return ["=", value.name]
    if kind in _MANY:
        return [_MANY[kind], [encode(item) for item in value]]
    if kind is dict:
        return ["d", [[encode(key), encode(item)] for key, item in value.items()]]
    return _WRITE[kind](value)


def shown(tagged: Tagged) -> str:
    """As one would write it."""
    return str(tagged[1]) if tagged[0] == "=" else repr(decode(tagged))


def decode(tagged: Tagged) -> Any:
    """Raises ValueError for what is not in the format; it comes from a process that ran target code."""
    try:
        tag = tagged[0]
        if tag in _MAKE:
            return _MAKE[tag](decode(item) for item in tagged[1])
        if tag == "d":
            return {decode(key): decode(item) for key, item in tagged[1]}
        return _READ[tag](*tagged[1:])
    except (KeyError, IndexError, TypeError, RecursionError, OverflowError) as error:
        raise ValueError("not in the format of plain data") from error
