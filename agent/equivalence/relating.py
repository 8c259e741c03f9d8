"""Arguments that have something to do with each other, and values that are equal and of another type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from hotloop.agent.equivalence.numbers import NUMBERS, pieces, turned
from hotloop.agent.equivalence.plain import Same
from hotloop.agent.equivalence.strategies import varied

WAYS = ("copy", "varied", "prefix", "rest", "sorted", "graft", "graft")

_ORDERED = (list, tuple, str, bytes)
_PLACES = st.integers(0, 1 << 16)


def related(one: Any, other: Any) -> SearchStrategy[Any]:
    """In place of `other`: something made of `one`, of the type of `other`; or `other` itself."""

    @st.composite
    def make(draw: st.DrawFn) -> Any:
        way, place = draw(st.sampled_from(WAYS)), draw(_PLACES)
        alike = type(one) is type(other)
        if way == "graft" or not alike:
            return grafted(one, other, place)
        if way == "varied":
            return draw(varied([one]))
        return _part(one, way, place)

    return make()


def instead(one: Any, name: str) -> Iterator[Any]:
    """What any argument of this type may be in place of itself, the first things to try."""
    if type(one) in (list, dict, set):
        yield Same(name)
    if type(one) in (*_ORDERED, dict, set):
        yield one
    if type(one) in _ORDERED and len(one) > 1:
        yield one[: len(one) // 2]


def _part(one: Any, way: str, place: int) -> Any:
    """A beginning or an end of `one`, or all of it, in order; what has no parts as it is."""
    if type(one) not in _ORDERED or not one:
        return one
    at = place % (len(one) + 1)
    if way in ("prefix", "rest"):
        return one[:at] if way == "prefix" else one[at:]
    if way == "sorted" and type(one) is list and len({type(item) for item in one}) == 1:
        return sorted(one) if type(one[0]) in (int, str, bytes) else one[::-1]
    return one


def grafted(one: Any, other: Any, place: int) -> Any:
    """`other` with a part of `one` in place of a key, an item, or all of it, where that is of its type."""
    parts = list(pieces(one))
    whole = [part for part in parts if type(part) is type(other) and not _is_much_more(part, other)]
    if whole and type(other) not in (list, tuple, dict, set, frozenset):
        return whole[place % len(whole)]
    if isinstance(other, dict) and other:
        old = list(other)[place % len(other)]
        keys = [part for part in parts if type(part) is type(old) and part not in other and _is_key(part)]
        new = keys[place % len(keys)] if keys else old
        return {(new if key == old else key): item for key, item in other.items()}
    if isinstance(other, list) and other:
        at = place % len(other)
        fit = [part for part in parts if type(part) is type(other[at])]
        return [*other[:at], fit[place % len(fit)], *other[at + 1 :]] if fit else other
    return other


def _is_much_more(part: Any, other: Any) -> bool:
    """An integer may be a size, and base must come to an end."""
    return type(part) is int and abs(part) > max(64, 2 * abs(other))


def _is_key(value: Any) -> bool:
    return type(value) in (bool, int, float, str, bytes, type(None))


def twinned(value: Any, types: frozenset[type]) -> SearchStrategy[Any]:
    """A list with a number in it once more, equal and of another one of `types`; a zero with its sign turned.

    Anything else as it is.
    """
    if not isinstance(value, list) or not value:
        return st.just(value)

    @st.composite
    def make(draw: st.DrawFn) -> Any:
        at, to = draw(_PLACES) % len(value), draw(_PLACES) % (len(value) + 1)
        twins = list(_twins(value[at], types))
        return [*value[:to], draw(st.sampled_from(twins)), *value[to:]] if twins else value

    return make()


def _twins(item: Any, types: frozenset[type]) -> Iterator[Any]:
    """Equal to `item`, and not the same to look at; within tuples each number for itself."""
    if type(item) is tuple:
        for at, part in enumerate(item):
            yield from ((*item[:at], twin, *item[at + 1 :]) for twin in _twins(part, types))
    elif type(item) in NUMBERS:
        others = [turned(item, kind) for kind in sorted(types, key=str)]
        yield from (other for other in others if other is not None)
        if type(item) is float and item == 0.0:
            yield -item
