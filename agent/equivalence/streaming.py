"""How far a function reads ahead, when it is given an iterator where a list was recorded.

It counts where base gives for the iterator what it gives for the list. An iterator is held
against a candidate only where callers may give one: a recorded call did, or base's annotation or
description says so. To read less than base is always right, and one item more is no chunk.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hotloop.agent.equivalence.calls import CallProcess, Stream, asked
from hotloop.agent.equivalence.recording import Call

COUNTS = (50, 1000)
"""Items in the iterator: the recorded ones, repeated."""
QUICK_SECONDS = 0.01
"""Only what base answers within these for the fewer items is asked with the more."""
FUNCTIONS, EACH = 12, 2
AHEAD = 1
"""Items that may be taken before base would take them: as many as one looks ahead to see an end."""


@dataclass(frozen=True)
class ReadAhead:
    """What a candidate does with an iterator, told. sure: callers may give one."""

    call: Call
    text: str
    sure: bool


def find_read_ahead(
    base: CallProcess,
    candidate: CallProcess,
    calls: Sequence[Call],
    streams: Mapping[str, frozenset[str]],
    deadline: float,
) -> Iterator[ReadAhead]:
    """streams: names of arguments for which a recorded call had an iterator, by the function's label.

    Raises WorkloadFailure.
    """
    groups: dict[str, list[Call]] = {}
    for call in calls:
        groups.setdefault(call.label, []).append(call)
    for group in list(groups.values())[:FUNCTIONS]:
        for call in group[:EACH]:
            for count in COUNTS:
                if time.monotonic() > deadline:
                    return
                old, again = (base.streams(asked(call), count) for _ in range(2))
                new = candidate.streams(asked(call), count)
                yield from _differences(call, old, again, new, streams)
                if max((one.seconds for one in old), default=1.0) > QUICK_SECONDS:
                    break


def _differences(
    call: Call,
    old: Sequence[Stream],
    again: Sequence[Stream],
    new: Sequence[Stream],
    streams: Mapping[str, frozenset[str]],
) -> Iterator[ReadAhead]:
    for one, other, made in zip(old, again, new, strict=False):
        steady = (one.digest, one.taken) == (other.digest, other.taken)
        if not steady or one.raised is not None or one.digest != one.whole or made.whole != one.whole:
            continue
        text = _difference(one, made)
        if text is not None:
            known = one.promised or one.name in streams.get(call.function.label, ())
            yield ReadAhead(call, f"{call.label}: given an iterator for {one.name}, {text}", known)


def _difference(old: Stream, new: Stream) -> str | None:
    if new.raised is not None:
        return f"the candidate raised {new.raised}, base gives what it gives for a list"
    if new.digest != old.digest:
        return "the candidate gives another result, base the same as for a list"
    pairs = zip(old.taken, new.taken, strict=False)
    at = next((at for at, (one, other) in enumerate(pairs) if other > one + AHEAD), None)
    if at is None:
        return None
    after = f"once {at + 1} are handed out" if at < len(old.taken) - 1 else "in all"
    return f"the candidate takes {new.taken[at]} of its items {after}, base {old.taken[at]}"
