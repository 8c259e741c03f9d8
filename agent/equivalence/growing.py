"""Recorded calls with larger arguments: longer, sorted, all the same, one a part of another turned round."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from hotloop.agent.equivalence.calls import Ask
from hotloop.agent.equivalence.plain import decode, encode
from hotloop.agent.equivalence.recording import Argument, Call

FACTORS = (4, 16, 64, 256)
"""How many times as large, one after the other as far as base is quick."""
MOST_ITEMS = 20_000
TURNED = "turned"
WAYS = ("drawn", "sorted", "falling", "same", TURNED, TURNED)


def grown_asks(calls: Sequence[Call], factor: int, rng: random.Random) -> Iterator[Ask]:
    """One for each way, of calls with something that can grow."""
    able = [call for call in calls if any(map(_can_grow, call.arguments))]
    for way in WAYS if able else ():
        yield _grown_ask(rng.choice(able), factor, way, rng)


def size_of(ask: Ask) -> int:
    """Items or letters of the longest argument."""
    values = [decode(tagged) for _, _, tagged in ask.given]
    return max((len(value) for value in values if hasattr(value, "__len__")), default=0)


def _can_grow(argument: Argument) -> bool:
    value = None if argument.plain is None else decode(argument.plain)
    return type(value) in _GROWN and bool(value)


def _grown_ask(call: Call, factor: int, way: str, rng: random.Random) -> Ask:
    """All arguments grown, or one."""
    plain = [argument for argument in call.arguments if argument.plain is not None]
    values = {argument.name: decode(argument.plain or []) for argument in plain}
    able = [argument.name for argument in plain if _can_grow(argument)]
    for name in able if rng.random() < 0.3 else [rng.choice(able)]:
        values[name] = _GROWN[type(values[name])](values[name], factor, way, rng)
    if way == TURNED:
        _turn(values, able, rng)
    given = tuple((argument.how, argument.name, encode(values[argument.name])) for argument in plain)
    return Ask(call.module, call.function.name, call.id, given)


def _turn(values: dict[str, Any], names: Sequence[str], rng: random.Random) -> None:
    """Of the first two sequences of one type, the second becomes the first from another place on."""
    for one, other in pairwise(names):
        if type(values[one]) is type(values[other]) and type(values[one]) in (str, bytes, list):
            whole = len(values[one])
            at = rng.randrange(whole // 8, whole // 2 + 1)
            values[other] = values[one][at:] + values[one][:at]
            return


def _number(value: int, factor: int, way: str, rng: random.Random) -> int:
    return value * factor + rng.randrange(factor)


def _text(value: str, factor: int, way: str, rng: random.Random) -> str:
    return "".join(_in_order(rng.choices(value, k=_size(value, factor)), way))


def _bytes(value: bytes, factor: int, way: str, rng: random.Random) -> bytes:
    return bytes(_in_order(rng.choices(value, k=_size(value, factor)), way))


def _list(value: list[Any], factor: int, way: str, rng: random.Random) -> list[Any]:
    spread = 8 * len(value) * factor
    share = 0.5 if way == "drawn" else 1.0
    made = [
        _varied(one, spread, rng) if rng.random() < share else one
        for one in rng.choices(value, k=_size(value, factor))
    ]
    return _in_order(made, way)


def _dict(value: dict[Any, Any], factor: int, way: str, rng: random.Random) -> dict[Any, Any]:
    keys, spread = list(value), len(value) * factor
    made = [_varied(rng.choice(keys), spread, rng) for _ in range(_size(value, factor))]
    return {**value, **{key: rng.choice(list(value.values())) for key in _in_order(made, way)}}


_GROWN: dict[type, Callable[..., Any]] = {int: _number, str: _text, bytes: _bytes, list: _list, dict: _dict}


def _size(value: Any, factor: int) -> int:
    return min(len(value) * factor, MOST_ITEMS)


def _varied(item: Any, spread: int, rng: random.Random) -> Any:
    """An item like this one, so that there are not only those few that were recorded."""
    if type(item) is int:
        return item + rng.randrange(spread)
    if type(item) is str:
        return f"{item}{rng.randrange(spread)}"
    if type(item) is tuple:
        return tuple(_varied(part, spread, rng) for part in item)
    return item


def _in_order(items: list[Any], way: str) -> list[Any]:
    if way == "same":
        return [items[0]] * len(items)
    if way in ("sorted", "falling"):
        return sorted(items, key=lambda item: (type(item).__name__, _rank(item)), reverse=way == "falling")
    return items


def _rank(item: Any) -> Any:
    """By value where there is one order of all, else by text."""
    return item if type(item) in (int, str) else repr(item)
