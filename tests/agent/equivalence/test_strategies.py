from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from hotloop.agent.equivalence.asks import asks_like
from hotloop.agent.equivalence.calls import Answer, tells_apart
from hotloop.agent.equivalence.changed import Function
from hotloop.agent.equivalence.plain import decode, encode
from hotloop.agent.equivalence.recording import Argument, Call
from hotloop.agent.equivalence.strategies import LONGEST, arguments_like
from hotloop.profilers.workload import Output

FUNCTION = Function("pkg/core.py", "f", 1)
SEEN: list[list[Any]] = [
    [1, 5],
    [0.5, float("nan")],
    ["ab c", ""],
    [b"ab"],
    [[1, 2], []],
    [(1, "a"), (2, "b")],
    [{1}, frozenset({"a"})],
    [{"a": 1, "b": 2}, {"a": 2, "b": 3}],
    [None, True, [[(1.5, {"k": [b"x"]})]]],
    [[]],
    [{}],
]


def leaves(value: Any) -> set[type]:
    """Types of a value and all its parts."""
    parts = [*value.keys(), *value.values()] if isinstance(value, dict) else value
    inner = parts if isinstance(parts, list | tuple | set | frozenset) else ()
    return {type(value)}.union(*map(leaves, inner))


@pytest.mark.parametrize("seen", SEEN, ids=repr)
def test_made_arguments_are_plain_and_of_the_types_that_were_seen(seen: list[Any]) -> None:
    known = set().union(*map(leaves, seen)) | {int, str}

    @settings(max_examples=40, deadline=None, database=None)
    @given(arguments_like(seen))
    def check(value: Any) -> None:
        assert leaves(value) <= known
        arrived = decode(encode(value))
        assert arrived == value or repr(arrived) == repr(value)  # the latter for NaN
        if isinstance(value, list) and value not in seen:
            assert len(value) <= 2 * LONGEST

    check()


def test_letters_of_all_planes_are_tried() -> None:
    seen: set[int] = set()

    @settings(max_examples=300, deadline=None, database=None)
    @given(arguments_like(["ab c"]))
    def look(text: str) -> None:
        seen.update(ord(character) >> 12 for character in text)

    look()
    assert {0x4, 0x5, 0x6, 0x7, 0x8} & seen
    assert max(seen) >= 0x10


def call(name: str, *arguments: Argument) -> Call:
    return Call(name, FUNCTION, "pkg.core", arguments, frozenset())


def test_objects_stay_those_of_the_recorded_call_and_plain_data_is_made_anew() -> None:
    calls = [
        call("one", Argument("p", "table", None), Argument("p", "n", ["i", "1"])),
        call("two", Argument("p", "table", None), Argument("p", "n", None)),
    ]

    @settings(max_examples=40, deadline=None, database=None)
    @given(asks_like(calls))
    def check(ask: Any) -> None:
        names = [name for _, name, _ in ask.given]
        assert names == (["n"] if ask.like == "one" else [])

    check()


def answer(digest: str, raised: str | None = None, *, deliberate: bool = False) -> Answer:
    return Answer(Output(digest, nothing=False, raised=raised), deliberate=deliberate)


@pytest.mark.parametrize(
    ("old", "new", "apart"),
    [
        (answer("a"), answer("a"), False),
        (answer("a"), answer("b"), True),
        (answer("a"), answer("b", "ValueError: x"), True),
        (answer("a", "TypeError: x"), answer("b"), False),
        (answer("a", "ValueError: x", deliberate=True), answer("b"), True),
        (answer("a", "ValueError: x", deliberate=True), answer("b", "TypeError: y"), False),
    ],
)
def test_where_base_fails_by_accident_nothing_is_asked_of_the_candidate(
    old: Answer, new: Answer, apart: bool
) -> None:
    assert tells_apart(old, new, 0.0) is apart
