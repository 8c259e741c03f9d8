"""Parts of plain data, and of what types its numbers are."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

NUMBERS = (bool, int, float)
MOST = 24
"""Parts of one container that are looked at."""


def pieces(value: Any) -> Iterator[Any]:
    """A value and what is in it, keys too."""
    yield value
    if isinstance(value, dict):
        for key, item in list(value.items())[:MOST]:
            yield key
            yield from pieces(item)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in list(value)[:MOST]:
            yield from pieces(item)


def number_types(values: Collection[Any]) -> frozenset[type]:
    """Of what types the numbers in these values are."""
    return frozenset(type(part) for value in values for part in pieces(value) if type(part) in NUMBERS)


def turned(value: Any, kind: type) -> Any:
    """The equal number of another type, None where there is none, or `value` is no number."""
    if type(value) not in NUMBERS or type(value) is kind or not abs(value) < 1 << 53:
        return None
    other = kind(value)
    return other if other == value else None
