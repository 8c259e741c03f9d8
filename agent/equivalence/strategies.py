"""Strategies for arguments like those that were recorded, and somewhat beyond them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from hotloop.agent.equivalence.numbers import NUMBERS, turned

LONGEST = 24
"""Items of a made container, at most; recorded ones may be longer."""
SAMPLED = 20
ODD_FLOATS = [0.0, -0.0, 1.0, -1.0, float("nan"), float("inf"), float("-inf"), 5e-324, 1e308]
ODD_CHARACTERS = (
    "\x00\t\n\r\x1c\x85\xa0 \u0130\u0131\xdf\u017f\u212a\u0301\u200b\u2028\ufb01\u0663\U0001d7d8\U0001f600"
)
"""White space, case and digits beyond ASCII, where quick ways and careful ones part."""
ODD_TEXTS = [
    "A\u03a3 ",
    "\u0130",
    "\xdf",
    "a\u0301",
    "\r\n",
    "\x1c",
    "\u2028",
    "x_1",
    "it's",
    "1.5",
    "A1",
    "  ",
    "\\",
    "%s",
    "\x00",
]
"""Pieces whose meaning hangs on their neighbours: a sigma at a word's end, line ends, marks, digits."""

_ANY_CHARACTER = st.one_of(
    st.integers(0x20, 0x2FFF), st.integers(0x3000, 0xD7FF), st.integers(0xF900, 0x2FFFF)
).map(chr)
"""Not `st.characters`, which first builds a table of all of Unicode. Ideographs are letters, too."""

Values = Sequence[Any]

PLAIN, WIDE, ODD, ANY = "plain", "wide", "odd", "any"
LARGE = [(1 << 53) + 1, -(1 << 53) - 1, (1 << 63) + 5, 10**17 + 3, 10**25 + 7]
"""More than a float or a machine's word holds."""
REFUSED = [-1, 0]
"""What functions look for that do not take any number."""


def arguments_like(seen: Values, kind: str = PLAIN) -> SearchStrategy[Any]:
    """Recorded values, made values of their types, and mixtures of both. `seen` is not empty.

    kind: WIDE puts a number in that is too large for a float, or takes a key out of a dict; ODD
    puts a float for an integer, an equal number of another type, or a list where nothing that is
    recorded is one. ANY is ODD for arguments that promise to take anything.
    """
    short = sorted(seen, key=_size)[:SAMPLED]
    plain = st.one_of(_like(seen), st.sampled_from(short), varied(short))
    if kind == PLAIN:
        return plain
    return st.one_of(plain, _changed(plain, kind))


def changed(value: Any, kind: str) -> SearchStrategy[Any]:
    """`value` with one thing in it changed, as `kind` says."""
    return varied([value]) if kind == PLAIN else _changed(st.just(value), kind)


def _changed(values: SearchStrategy[Any], kind: str) -> SearchStrategy[Any]:
    change = _widened if kind == WIDE else _wrapped
    return st.builds(change, values, st.integers(0, 1 << 16), st.sampled_from(LARGE + REFUSED))


def _widened(value: Any, place: int, number: int) -> Any:
    """One integer below the top made another, or one key left out."""
    found = [
        (at, item) for at, item in _parts(value) if type(item) is int or (isinstance(item, dict) and item)
    ]
    if not found:
        return value
    at, item = found[place % len(found)]
    return _with(value, at, _without_key(item, place) if isinstance(item, dict) else number)


def _wrapped(value: Any, place: int, number: int) -> Any:
    """One item made a list of itself, a float of an integer, or an equal number of another type."""
    found = [(at, item) for at, item in _parts(value) if at]
    if not found:
        return value
    at, item = found[place % len(found)]
    if type(item) in NUMBERS and place % 3 == 2:
        return _with(value, at, _twin(item))
    return _with(value, at, place / 7 if type(item) is int and place % 2 else [item])


def _twin(item: Any) -> Any:
    """An equal number of another type, if there is one that holds it."""
    return next((other for kind in NUMBERS if (other := turned(item, kind)) is not None), item)


def _without_key(value: dict[Any, Any], place: int) -> dict[Any, Any]:
    gone = list(value)[place % len(value)]
    return {key: item for key, item in value.items() if key != gone}


def _parts(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Everything below lists, tuples and dicts, with the way to it; an integer at the top may be a size."""
    if at or isinstance(value, dict):
        yield at, value
    if isinstance(value, list | tuple):
        for index, item in enumerate(value[:LONGEST]):
            yield from _parts(item, (*at, index))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _parts(item, (*at, key))


def _with(value: Any, at: tuple[Any, ...], new: Any) -> Any:
    """A copy of `value` with something else at one place."""
    if not at:
        return new
    if isinstance(value, dict):
        return {key: _with(item, at[1:], new) if key == at[0] else item for key, item in value.items()}
    made = [_with(item, at[1:], new) if index == at[0] else item for index, item in enumerate(value)]
    return tuple(made) if isinstance(value, tuple) else made


def _like(seen: Values) -> SearchStrategy[Any]:
    """Made from nothing, by the types of what was seen."""
    groups: dict[type, list[Any]] = {}
    for value in seen:
        groups.setdefault(type(value), []).append(value)
    return st.one_of([_MADE[kind](values) for kind, values in groups.items()])


def _integers(seen: list[int]) -> SearchStrategy[int]:
    low, high = min(seen), max(seen)
    room = max(8, high - low)
    return st.integers(min_value=low - room, max_value=high + room)


def _floats(seen: list[float]) -> SearchStrategy[float]:
    finite = [abs(value) for value in seen if value - value == 0]
    most = 2 * max(finite, default=1.0) + 1.0
    if most == float("inf"):
        return st.floats()
    return st.floats(-most, most) | st.sampled_from(ODD_FLOATS)


def _texts(seen: list[str]) -> SearchStrategy[str]:
    known = sorted({character for text in seen for character in text[:400]}) or ["a"]
    single = st.sampled_from(known) | st.sampled_from(ODD_CHARACTERS) | _ANY_CHARACTER
    words = st.sampled_from(sorted({word for text in seen for word in text[:400].split()}) or ["a"])
    pieces = st.one_of(words, st.sampled_from(ODD_TEXTS), st.sampled_from(known))
    joined = st.lists(pieces, max_size=8).map("".join)
    return st.text(single, max_size=_room(seen)) | joined


def _bytes(seen: list[bytes]) -> SearchStrategy[bytes]:
    return st.binary(max_size=_room(seen))


def _items(seen: Sequence[Values]) -> SearchStrategy[Any]:
    inside = [item for value in seen for item in list(value)[:50]][:400]
    return _like(inside) if inside else st.integers(-3, 3)


def _lists(seen: list[list[Any]]) -> SearchStrategy[list[Any]]:
    return st.lists(_items(seen), max_size=_room(seen))


def _tuples(seen: list[tuple[Any, ...]]) -> SearchStrategy[tuple[Any, ...]]:
    """Tuples of one length are records, with a meaning to each place."""
    if len({len(value) for value in seen}) == 1 and len(seen[0]) <= LONGEST:
        columns = [_like([value[place] for value in seen]) for place in range(len(seen[0]))]
        return st.tuples(*columns)
    return _lists([list(value) for value in seen]).map(tuple)


def _hashable(seen: Sequence[Collection[Any]]) -> SearchStrategy[Any]:
    inside = [item for value in seen for item in list(value)[:50]][:400]
    return _like(inside) if inside else st.text(max_size=3)


def _sets(seen: list[set[Any]]) -> SearchStrategy[set[Any]]:
    return st.sets(_hashable(seen), max_size=_room(seen))


def _frozensets(seen: list[frozenset[Any]]) -> SearchStrategy[frozenset[Any]]:
    return st.frozensets(_hashable(seen), max_size=_room(seen))


def _dicts(seen: list[dict[Any, Any]]) -> SearchStrategy[dict[Any, Any]]:
    """Dicts of one set of keys are records, too."""
    if len({tuple(value) for value in seen}) == 1 and 0 < len(seen[0]) <= LONGEST and len(seen) > 1:
        return st.fixed_dictionaries({key: _like([value[key] for value in seen]) for key in seen[0]})
    items = [list(value.values()) for value in seen]
    return st.dictionaries(_hashable(seen), _items(items), max_size=_room(seen))


def _room(seen: Sequence[Any]) -> int:
    return min(LONGEST, 2 * max(len(value) for value in seen) + 2)


_MADE: dict[type, Any] = {
    type(None): lambda seen: st.none(),
    bool: lambda seen: st.booleans(),
    int: _integers,
    float: _floats,
    str: _texts,
    bytes: _bytes,
    list: _lists,
    tuple: _tuples,
    set: _sets,
    frozenset: _frozensets,
    dict: _dicts,
}


def varied(seen: Values) -> SearchStrategy[Any]:
    """A recorded value with something repeated, left out, turned round or swapped for a neighbour's."""
    ordered = [value for value in seen if type(value) in (list, str, bytes, tuple) and len(value) > 1]
    if not ordered:
        return st.sampled_from(seen)
    return st.builds(_vary, st.sampled_from(ordered), st.sampled_from(_WAYS), st.integers(0, 1 << 16))


def _vary(value: Any, way: str, place: int) -> Any:
    at = place % len(value)
    if way == "repeat":
        return value[:at] + value[at : at + 1] * 2 + value[at + 1 :]
    if way == "drop":
        return value[:at] + value[at + 1 :]
    if way == "echo":
        return value + value[at : at + 1]
    if way == "double":
        return (value + value)[: 2 * LONGEST]
    return value[::-1] if way == "reverse" else value[at:] + value[:at]


_WAYS = ("repeat", "drop", "echo", "double", "reverse", "turn")


def _size(value: Any) -> int:
    """How many parts it has, near enough."""
    if isinstance(value, dict):
        return 1 + sum(_size(key) + _size(item) for key, item in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return 1 + sum(map(_size, value))
    return len(value) if isinstance(value, str | bytes) else 1
