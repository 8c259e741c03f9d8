"""Call again at base and at the candidate what was recorded at base, and compare.

Only calls that base answers alike in two processes count. They run in two orders, with
two hash seeds; afterwards each is made again in ways that show what is kept, see `kept`.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice, zip_longest

from hotloop.agent.bench import Bench
from hotloop.agent.equivalence.calls import CALL_SECONDS, Answer, CallProcess, asked, differ, told
from hotloop.agent.equivalence.changed import Change
from hotloop.agent.equivalence.kept import find_kept, find_mixed_up
from hotloop.agent.equivalence.material import Material
from hotloop.agent.equivalence.recording import Call
from hotloop.agent.equivalence.streaming import find_read_ahead
from hotloop.agent.equivalence.turning import find_turned
from hotloop.profilers.engines.base import BASE, CANDIDATE, SideFailure, attributed
from hotloop.profilers.workload import Output, WorkloadFailure
from hotloop.sandboxes.base import Sandbox

MOST = 300
PATIENCE = 20.0
LEAST_SECONDS = 5.0
"""A candidate may take this many times as long for a call as base, or these seconds."""
QUICK_SECONDS = 1.0
"""Only calls that base answers within these are made again to see what is kept."""
ENDINGS = 5
"""So many processes may end or hang in a call before the rest is left."""


@dataclass
class Replay:
    """difference: the smallest call on which the sides differ for certain, told. unsure: calls that
    differ where the recorded objects may not fit the candidate. compared: calls that count."""

    compared: int = 0
    difference: str | None = None
    unsure: list[str] = field(default_factory=list)
    not_compared: list[str] = field(default_factory=list)


def replay(
    bench: Bench,
    sandboxes: dict[str, Sandbox],
    material: Material,
    *,
    rng: random.Random,
    seconds: float,
) -> Replay:
    """Raises SideFailure when a process cannot even be started."""
    recording, change = material.recording, material.change
    session = Session(bench, sandboxes, recording.data)
    calls = list(alternating(recording.calls))[:MOST]
    orders = [calls, rng.sample(calls, len(calls))]
    known = session.base_answers(orders, time.monotonic() + seconds)
    found = Replay(compared=len(known), not_compared=session.notes)
    differing: list[Differing] = []
    for slot, order in enumerate(orders):
        asked = [call for call in order if call.id in known]
        differing += session.differences(asked, known, slot)
        if differing:
            break
    differing = differing or session.kept(calls, known, seconds)
    if all(one.doubtful for one in differing):
        differing += session.turned(calls, known, seconds / 4)
        differing += session.streams(calls, known, recording.streams, seconds / 4)
    for one in sorted(differing, key=lambda one: len(one.text)):
        if one.doubtful or may_not_fit(one.call, change):
            found.unsure.append(one.text)
        else:
            found.difference = found.difference or one.text
    found.not_compared += sorted({name for answer in known.values() for name in answer.uncompared})
    return found


def alternating(calls: Sequence[Call]) -> Iterator[Call]:
    """Calls of all functions in turn, so that none is left out when the time is."""
    groups: dict[str, list[Call]] = {}
    for call in calls:
        groups.setdefault(call.label, []).append(call)
    for row in zip_longest(*groups.values()):
        yield from (call for call in row if call is not None)


def may_not_fit(call: Call, change: Change) -> bool:
    """Whether an argument is an object that the candidate keeps in another way."""
    return any(name.rsplit(".", 1)[-1] in change.rebuilt for name in call.classes)


@dataclass(frozen=True)
class Differing:
    """A call on which the sides differ, told. doubtful: its recorded objects could not be made again, or
    the call before it had types that are never given."""

    call: Call
    text: str
    doubtful: bool = False


class Session:
    """Processes of both sides, as many as it takes. notes: what could not be compared."""

    def __init__(self, bench: Bench, sandboxes: dict[str, Sandbox], data: bytes) -> None:
        self._bench = bench
        self._sandboxes = sandboxes
        self._data = data
        self._tolerance = bench.settings.tolerance
        self.notes: list[str] = []

    def start(self, side: str, slot: int) -> CallProcess:
        with attributed(side):
            return CallProcess(self._bench, self._sandboxes[side], self._data, slot)

    def base_answers(self, orders: Sequence[Sequence[Call]], deadline: float) -> dict[str, Answer]:
        """What base answers to each call, where it does so twice."""
        first = self.answers(BASE, orders[0], 0, deadline)
        second = self.answers(BASE, [call for call in orders[1] if call.id in first], 1, deadline + 5.0)
        known: dict[str, Answer] = {}
        unsteady: set[str] = set()
        for call in orders[0]:
            one, other = first.get(call.id), second.get(call.id)
            if one is None or other is None:
                continue
            if one.unprepared is not None:
                self.notes.append(f"{call.label}: its arguments cannot be made again: {one.unprepared}")
            elif differ(one, other, self._tolerance) is None:
                known[call.id] = one
            else:
                unsteady.add(call.label)
        self.notes += [f"{label}: base gives two results for one call" for label in sorted(unsteady)]
        return known

    def answers(
        self,
        side: str,
        calls: Sequence[Call],
        slot: int,
        deadline: float,
        known: dict[str, Answer] | None = None,
    ) -> dict[str, Answer]:
        """Answers by call id, in this order, in one process unless it ends. known: base's answers."""
        found: dict[str, Answer] = {}
        process, endings = self.start(side, slot), 0
        try:
            for call in calls:
                if time.monotonic() > deadline or endings >= ENDINGS:
                    self.notes.append(f"{len(calls) - len(found)} recorded calls: out of time")
                    break
                process.timeout = patience(None if known is None else known[call.id])
                try:
                    found[call.id] = process.call(asked(call))
                except WorkloadFailure as failure:
                    endings += 1
                    process.close()
                    process = self.start(side, slot)
                    if known is not None:
                        found[call.id] = ended(known[call.id], failure)
            with attributed(side):
                process.check_loaded()
        finally:
            process.close()
        return found

    def differences(self, calls: Sequence[Call], known: dict[str, Answer], slot: int) -> list[Differing]:
        new = self.answers(CANDIDATE, calls, slot, float("inf"), known=known)
        found = [(call, answer) for call in calls if (answer := new.get(call.id)) is not None]
        return [
            Differing(call, self._told(call, known[call.id], answer, slot), _lacks_objects(call, answer))
            for call, answer in found
            if differ(known[call.id], answer, self._tolerance) is not None
        ]

    def kept(self, calls: Sequence[Call], known: dict[str, Answer], seconds: float) -> list[Differing]:
        """The first calls that show something kept from call to call, or shared with callers."""
        begun, steady = time.monotonic(), _quick(calls, known)
        try:
            with self._pair() as (base, candidate):
                kept = find_kept(base, candidate, steady, self._tolerance, begun + seconds / 2)
                found = [
                    Differing(call, text, _lacks_objects(call, new)) for call, text, new in islice(kept, 5)
                ]
                if not found:
                    mixed = find_mixed_up(base, candidate, steady, begun + seconds)
                    found = [Differing(call, text) for call, text in islice(mixed, 1)]
                return found
        except WorkloadFailure as failure:
            self.notes.append(f"what is kept from call to call: {failure}")
            return []

    def turned(self, calls: Sequence[Call], known: dict[str, Answer], seconds: float) -> list[Differing]:
        """What shows after equal calls with other types; of each function the first, and what is sure."""
        found: dict[tuple[str, bool], Differing] = {}
        try:
            for one in find_turned(self._pair, _quick(calls, known), self._tolerance, seconds / 3):
                doubtful = not one.sure or _lacks_objects(one.call, one.new)
                found.setdefault((one.call.label, doubtful), Differing(one.call, one.text, doubtful))
        except WorkloadFailure as failure:
            self.notes.append(f"what is kept of equal calls: {failure}")
        return list(found.values())

    def streams(
        self,
        calls: Sequence[Call],
        known: dict[str, Answer],
        given: Mapping[str, frozenset[str]],
        seconds: float,
    ) -> list[Differing]:
        """What shows when iterators are given for lists; of each function the first, and what is sure."""
        found: dict[tuple[str, bool], Differing] = {}
        try:
            with self._pair() as (base, candidate):
                deadline = time.monotonic() + seconds
                for one in find_read_ahead(base, candidate, _quick(calls, known), given, deadline):
                    found.setdefault((one.call.label, one.sure), Differing(one.call, one.text, not one.sure))
                if time.monotonic() > deadline:
                    self.notes.append("how much is taken of an iterator: out of time")
        except WorkloadFailure as failure:
            self.notes.append(f"how much is taken of an iterator: {failure}")
        return list(found.values())

    @contextmanager
    def _pair(self) -> Iterator[tuple[CallProcess, CallProcess]]:
        """Fresh processes of base and candidate."""
        base, candidate = (self.start(side, 0) for side in (BASE, CANDIDATE))
        try:
            yield base, candidate
        finally:
            base.close()
            candidate.close()

    def _told(self, call: Call, old: Answer, new: Answer, slot: int) -> str:
        """The difference, with the place in the result where that helps."""
        text = told(call.label, old, new)
        if old.said != new.said:
            return text
        try:
            pair = [self._alone(side, call, slot) for side in (BASE, CANDIDATE)]
        except (WorkloadFailure, SideFailure):
            return text
        where = differ(pair[0], pair[1], self._tolerance)
        return f"{text}: {where or 'only after other calls'}"

    def _alone(self, side: str, call: Call, slot: int) -> Answer:
        process = self.start(side, slot)
        try:
            return process.call(asked(call), leaves=True)
        finally:
            process.close()


def _quick(calls: Sequence[Call], known: dict[str, Answer]) -> list[Call]:
    return [call for call in calls if call.id in known and known[call.id].seconds < QUICK_SECONDS]


def _lacks_objects(call: Call, answer: Answer) -> bool:
    return answer.unprepared is not None and any(argument.plain is None for argument in call.arguments)


def patience(known: Answer | None) -> float:
    return CALL_SECONDS if known is None else max(LEAST_SECONDS, PATIENCE * known.seconds)


def ended(known: Answer, failure: WorkloadFailure) -> Answer:
    """Stands for the answer that a process did not live to give."""
    output = Output(digest="", nothing=False, raised=failure.message)
    return Answer(output, arguments=known.arguments, result=failure.message)
