"""What a function keeps from call to call, and who else gets at it.

A caller empties a result that is its own, calls again with the same list after taking
half of it out, calls under another decimal context, or from two threads at once, with arguments
of their own and with the same ones. What
base answers then alike twice, the candidate must answer, too.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import islice

from hotloop.agent.equivalence.calls import Answer, Ask, CallProcess, asked, differ, tells_apart, told
from hotloop.agent.equivalence.recording import Call

WAYS = {
    "emptied": "once a caller has emptied the result of the same call",
    "cut": "once the same arguments hold half of what they held in the call before",
    "context": "after the same call under another decimal context",
}
THREADED = 12
"""Functions that are called from two threads, at most."""


def find_kept(
    base: CallProcess, candidate: CallProcess, calls: Sequence[Call], tolerance: float, deadline: float
) -> Iterator[tuple[Call, str, Answer]]:
    """Calls on which the sides differ, told, with the candidate's answer. Raises WorkloadFailure."""
    for call in calls:
        if time.monotonic() < deadline:
            asks = [asked(call, after=way) for way in WAYS]
            for text, new in differing(base, candidate, asks, tolerance):
                yield call, text, new


def differing(
    base: CallProcess, candidate: CallProcess, asks: Sequence[Ask], tolerance: float
) -> Iterator[tuple[str, Answer]]:
    """The first that differs: what one way has spoilt may show in the next. Raises WorkloadFailure."""
    old, new = base.calls([*asks, *asks]), candidate.calls(asks)
    for ask, one, again, other in zip(asks, old, old[len(asks) :], new, strict=False):
        steady = differ(one, again, tolerance) is None and one.unprepared is None
        text = _difference(ask, one, other, tolerance) if steady else None
        if text is not None:
            yield text, other
            return


def _difference(ask: Ask, old: Answer, new: Answer, tolerance: float) -> str | None:
    if tells_apart(old, new, tolerance):
        way = str(ask.after)
        after = WAYS.get(way, f"after a call with equal arguments whose numbers are of type {way}")
        return f"{told(ask.label, old, new)}, {after}"
    shared = [name for name in new.shared if name not in old.shared]
    if shared and not old.output.raised:
        return f"{new.call(ask.label)}: emptying the result changes {', '.join(shared)}, at base it does not"
    return None


def find_mixed_up(
    base: CallProcess, candidate: CallProcess, calls: Sequence[Call], deadline: float
) -> Iterator[tuple[Call, str]]:
    """Calls that two threads at once get wrong twice, and never at base. Raises WorkloadFailure."""
    groups: dict[str, list[Call]] = {}
    for call in calls:
        groups.setdefault(call.label, []).append(call)
    for group in islice(groups.values(), THREADED):
        pair = [asked(call) for call in (group * 2)[:2]]
        for shared in (False, True):
            if time.monotonic() < deadline and _mixed_up(base, candidate, pair, shared=shared):
                same = " with the same arguments" if shared else ""
                yield group[0], f"{group[0].label}: two threads that call it at once{same} get wrong results"


def _mixed_up(base: CallProcess, candidate: CallProcess, pair: Sequence[Ask], *, shared: bool) -> bool:
    def steady(process: CallProcess) -> bool:
        return all(len(set(digests)) == 1 for digests in process.together(pair, shared=shared))

    return not steady(candidate) and all(steady(base) for _ in range(3)) and not steady(candidate)
