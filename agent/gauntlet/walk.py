"""Send fixtures through the gates, the clock last, and say what became of each."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum

from hotloop.agent.gates import GATES
from hotloop.agent.gates.base import Gate, Trial, walk
from hotloop.agent.gates.speed import NAME as SPEED
from hotloop.agent.gates.speed import check_speed
from hotloop.agent.gauntlet.fixture import REPLY, Fixture
from hotloop.agent.gauntlet.ground import Ground
from hotloop.agent.gauntlet.replies import change_of, reply_of
from hotloop.agent.state import Candidate, GateResult
from hotloop.errors import HotloopError


class SpeedGate:
    """The clock's answer as one more gate, so that a fixture is one walk."""

    name = SPEED

    def check(self, trial: Trial) -> GateResult:
        return check_speed(trial)[0]


FAILURE = "failure"
"""Stands where a gate's name does: machine or sandbox failed, and nothing is known of the fixture."""

EVERY: tuple[Gate, ...] = (*GATES, SpeedGate())


class Outcome(StrEnum):
    """caught and accepted are as they should be; the others are findings."""

    CAUGHT = "caught"
    ACCEPTED = "accepted"
    OPEN = "open"
    ESCAPED = "escaped"
    ELSEWHERE = "caught elsewhere"
    UNTOLD = "caught, but the user is not told"
    REFUSED = "refused"
    NOT_ALONE = "caught twice"
    CLOSED = "caught, but listed as open"

    @property
    def good(self) -> bool:
        return self in {Outcome.CAUGHT, Outcome.ACCEPTED}


@dataclass(frozen=True)
class Seen:
    """What became of one fixture. caught_by: a gate, `REPLY`, or None: it passed all.

    detail: what the user is told. without: with its catching gates switched off,
    the gate that caught it all the same; "" when none did or it was not tried.
    """

    fixture: Fixture
    caught_by: str | None
    detail: str
    seconds: float
    without: str = ""

    @property
    def outcome(self) -> Outcome:
        expected, told = self.fixture.caught_by, self.detail.lower()
        if self.fixture.honest:
            return Outcome.ACCEPTED if self.caught_by is None else Outcome.REFUSED
        if self.fixture.open:
            return Outcome.OPEN if self.caught_by in {None, FAILURE} else Outcome.CLOSED
        if self.caught_by is None:
            return Outcome.ESCAPED
        if self.caught_by != expected:
            return Outcome.ELSEWHERE
        if not all(words.lower() in told for words in self.fixture.contains):
            return Outcome.UNTOLD
        return Outcome.NOT_ALONE if self.without else Outcome.CAUGHT


def try_all(ground: Ground, fixtures: Sequence[Fixture], *, full: bool = False) -> Iterator[Seen]:
    """Every fixture's fate, in order, as soon as it is known. full: see `try_one`.

    Gates work side by side, one fixture a core; the clock takes one at a time. Where
    machine or sandbox fail, that is the fixture's fate, and no gate's name.
    """

    def one(fixture: Fixture) -> Seen:
        begun = time.monotonic()
        try:
            return try_one(ground, fixture, full=full)
        except HotloopError as error:
            return Seen(fixture, FAILURE, f"{type(error).__name__}: {error}", time.monotonic() - begun)

    with ThreadPoolExecutor(max_workers=len(os.sched_getaffinity(0))) as pool:
        yield from pool.map(one, fixtures)


def try_one(ground: Ground, fixture: Fixture, *, full: bool = False) -> Seen:
    """One fixture's fate. full: a hostile one walks again without the gates that it is meant for.

    Whatever it is told of the inputs is what a final verification would use.
    Raises HotloopError when machine or sandbox fail.
    """
    begun = time.monotonic()
    shop = ground.shop(fixture.base, fixture.workload)
    patch, failure = reply_of(fixture, shop) if fixture.is_reply else (change_of(fixture, shop), None)
    if failure is not None:
        return Seen(fixture, REPLY, failure, time.monotonic() - begun)
    number, known = ground.number(), ground.baseline(fixture.base, fixture.workload)

    def trial(copy: str) -> Trial:
        candidate = Candidate(
            id=number,
            round=1,
            parent=None,
            summary=fixture.claim,
            origin="gauntlet",
            key=f"{fixture.name}{copy}",
            patch=patch,
        )
        tree = shop.folder.work / "tried" / f"{number}{copy}"
        return Trial(candidate, shop, known, tree, shop.base_tree, stage="final")

    caught = _caught(walk(EVERY, trial("")))
    by, detail = (caught.gate, caught.detail) if caught else (None, "")
    without = _without(fixture, trial) if full and by is not None and not fixture.honest else ""
    return Seen(fixture, by, detail, time.monotonic() - begun, without)


def gates_for(fixture: Fixture) -> tuple[Gate, ...]:
    """Every gate but those that are meant to catch it."""
    off = {fixture.caught_by, *fixture.also}
    return tuple(gate for gate in EVERY if gate.name not in off)


def _without(fixture: Fixture, trial: Callable[[str], Trial]) -> str:
    if fixture.alone is not True:
        return ""
    caught = _caught(walk(gates_for(fixture), trial("-without")))
    return f"{caught.gate}: {caught.detail}" if caught else ""


def _caught(results: Sequence[GateResult]) -> GateResult | None:
    return next((result for result in results if not result.passed), None)
