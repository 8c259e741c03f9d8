"""Calls to try: like the recorded ones with new arguments, and on objects that other calls have made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from hotloop.agent.equivalence.calls import Ask
from hotloop.agent.equivalence.material import Material
from hotloop.agent.equivalence.numbers import number_types
from hotloop.agent.equivalence.plain import decode, encode
from hotloop.agent.equivalence.recording import Call
from hotloop.agent.equivalence.relating import instead, related, twinned
from hotloop.agent.equivalence.strategies import ANY, ODD, PLAIN, arguments_like, changed

ALIKE = 2
"""One in so many, and one, is a recorded call with one of its arguments changed."""
RELATED = 3
"""Of the others one in so many, and one, has an argument that is made of another one; and one in so many,
and one, a number twice, as two of the types that were recorded."""
LONGEST_LIFE = 8
"""Calls on one object, beside the one that makes it and the one whose answer is compared."""


def asks_like(
    calls: Sequence[Call], kind: str = PLAIN, *, anything: frozenset[str] = frozenset()
) -> SearchStrategy[Ask]:
    """Calls with some recorded call's objects, and every argument that is plain data made anew.

    anything: arguments that take what is ANY.
    """
    seen: dict[str, list[Any]] = {}
    for call in calls:
        for argument in call.arguments:
            if argument.plain is not None:
                seen.setdefault(argument.name, []).append(decode(argument.plain))
    kinds = {name: _kind_of(name, kind, anything) for name in seen}
    made = {name: arguments_like(values, kinds[name]) for name, values in seen.items()}
    types = {name: number_types(values) for name, values in seen.items()}

    @st.composite
    def asks(draw: st.DrawFn) -> Ask:
        call = draw(st.sampled_from(list(calls)))
        plain = [argument for argument in call.arguments if argument.plain is not None]
        values = [draw(made[argument.name]) for argument in plain]
        able = [at for at, one in enumerate(plain) if len(types[one.name]) > 1 or float in types[one.name]]
        if plain and draw(st.integers(0, ALIKE)) == ALIKE:  # what belongs together stays so, but for one
            values = [decode(argument.plain or []) for argument in plain]
            at = draw(st.integers(0, len(plain) - 1))
            values[at] = draw(changed(values[at], kinds[plain[at].name]))
        elif len(plain) > 1 and draw(st.integers(0, RELATED)) == RELATED:
            _relate(draw, values)
        elif able and draw(st.integers(0, RELATED)) == RELATED:
            at = draw(st.sampled_from(able))
            values[at] = draw(twinned(values[at], types[plain[at].name]))
        given = tuple(
            (argument.how, argument.name, encode(value))
            for argument, value in zip(plain, values, strict=True)
        )
        return Ask(call.module, call.function.name, call.id, given)

    return asks()


def related_asks(calls: Sequence[Call]) -> Iterator[Ask]:
    """Recorded calls, two arguments of which are one object, alike, or one the beginning of the other."""
    for call in calls:
        plain = [argument for argument in call.arguments if argument.plain is not None]
        for one, other in permutations([one for one in plain if one.how in ("p", "k")], 2):
            value = decode(one.plain or [])
            if value and type(value) is type(decode(other.plain or [])):
                for made in instead(value, one.name):
                    given = ((it.how, it.name, it.plain or []) for it in plain if it is not other)
                    new = (other.how, other.name, encode(made))
                    yield Ask(call.module, call.function.name, call.id, (*given, new))


def _kind_of(name: str, kind: str, anything: frozenset[str]) -> str:
    return kind if kind != ANY else ODD if name in anything else PLAIN


def _relate(draw: st.DrawFn, values: list[Any]) -> None:
    """Make one argument of another one."""
    of = draw(st.integers(0, len(values) - 1))
    at = (of + draw(st.integers(1, len(values) - 1))) % len(values)
    values[at] = draw(related(values[of], values[at]))


@dataclass(frozen=True)
class Life:
    """A class that changed: calls that make its objects, if any were recorded, and calls on them.

    Each side makes its own objects, so that it does not matter how it keeps what they hold.
    """

    label: str
    makers: tuple[Call, ...]
    methods: tuple[Call, ...]


def lives_of(material: Material) -> Iterator[Life]:
    """One of each class whose objects' methods were recorded."""
    groups: dict[str, list[Call]] = {}
    for call in (*material.recording.calls, *material.recording.others):
        owner = call.function.name.rpartition(".")[0]
        if owner and call.arguments and call.arguments[0].name == "self":
            groups.setdefault(f"{call.module}.{owner}", []).append(call)
    for label, calls in groups.items():
        makers = tuple(call for call in calls if call.function.name.endswith(".__init__"))
        methods = tuple(call for call in calls if call not in makers)
        if methods:
            yield Life(label, makers, methods)


def asks_on(life: Life, kind: str = PLAIN) -> SearchStrategy[Ask]:
    """A call on an object, after some others on it, any method in any order."""
    named: dict[str, list[Call]] = {}
    for call in life.methods:
        named.setdefault(call.function.name, []).append(call)
    methods = st.one_of(
        # What takes an argument is more likely to leave a trace.
        [
            asks
            for calls in named.values()
            for asks in [asks_like(calls, kind)] * min(2, len(calls[0].arguments))
        ]
    )
    long = st.lists(methods, min_size=LONGEST_LIFE // 2, max_size=LONGEST_LIFE)
    lives = st.lists(methods, max_size=LONGEST_LIFE) | long
    first = asks_like(life.makers, kind) if life.makers else methods

    @st.composite
    def asks(draw: st.DrawFn) -> Ask:
        steps = [draw(first)]
        for step in [*draw(lives), draw(methods)]:
            steps.append(_like_one_before(draw, step, steps))
        *before, last = steps
        return Ask(last.module, last.name, last.like, last.given, steps=tuple(before))

    return asks()


def _like_one_before(draw: st.DrawFn, step: Ask, steps: Sequence[Ask]) -> Ask:
    """At times with an argument that an earlier call of the same method had."""
    same = [one for one in steps if one.name == step.name and one.given]
    if not same or not draw(st.booleans()):
        return step
    earlier = same[-1].given
    taken = earlier[draw(st.integers(0, len(earlier) - 1))]
    return replace(step, given=tuple(taken if one[:2] == taken[:2] else one for one in step.given))
