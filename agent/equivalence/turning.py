"""Calls after a call with equal arguments whose numbers are of another type: 1, 1.0 and True are one key.

It is held against a candidate only where the workload or the tests give that type, too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from hotloop.agent.equivalence.calls import Answer, CallProcess, asked
from hotloop.agent.equivalence.kept import differing
from hotloop.agent.equivalence.numbers import NUMBERS, number_types, pieces, turned
from hotloop.agent.equivalence.plain import decode
from hotloop.agent.equivalence.recording import Call

Pair = tuple[CallProcess, CallProcess]
Types = dict[tuple[str, str], frozenset[type]]


@dataclass(frozen=True)
class Turned:
    """A call on which the sides differ, told, with the candidate's answer. sure: the call before it had
    types that are given."""

    call: Call
    text: str
    new: Answer
    sure: bool


def find_turned(
    pair: Callable[[], AbstractContextManager[Pair]],
    calls: Sequence[Call],
    tolerance: float,
    seconds: float,
) -> Iterator[Turned]:
    """pair: fresh processes of base and candidate, for each type: whoever comes first is remembered.
    seconds: for each type, beside the start of processes.

    What is sure comes first: a call with types that are never given may spoil what comes after it.
    Raises WorkloadFailure.
    """
    types = _types_of(calls)
    for kind in NUMBERS:
        able = [call for call in calls if _turns(call, kind)]
        if not able:
            continue
        with pair() as (base, candidate):
            deadline = time.monotonic() + seconds
            for call in sorted(able, key=lambda call: not _is_known(call, kind, types)):
                if time.monotonic() < deadline:
                    asks = [asked(call, after=kind.__name__)]
                    for text, new in differing(base, candidate, asks, tolerance):
                        yield Turned(call, text, new, _is_known(call, kind, types))


def _types_of(calls: Sequence[Call]) -> Types:
    """Of numbers that were recorded, by function and argument."""
    found: Types = {}
    for call in calls:
        for name, value in _values(call):
            found[call.label, name] = found.get((call.label, name), frozenset()) | number_types([value])
    return found


def _values(call: Call) -> Iterator[tuple[str, object]]:
    return (
        (argument.name, decode(argument.plain)) for argument in call.arguments if argument.plain is not None
    )


def _turns(call: Call, kind: type) -> bool:
    """Whether a number in it has an equal one of this type."""
    parts = (part for _, value in _values(call) for part in pieces(value))
    return any(turned(part, kind) is not None for part in parts)


def _is_known(call: Call, kind: type, types: Types) -> bool:
    """Whether every argument with numbers was recorded with such of this type."""
    return all(kind in types[call.label, name] for name, value in _values(call) if number_types([value]))
