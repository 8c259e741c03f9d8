"""Try functions on generated inputs, old against new, and shrink what tells them apart.

Hypothesis runs here; the target's processes only ever see plain data. An input counts
when base answers it alike three times in two processes. Where base raises, it counts only
if base's own code says `raise`, or its docstring names the exception, and the candidate goes
on as if nothing were wrong, or fails by accident with another exception. Inputs are made first
and tried by the batch; what is found is shrunk by making the same inputs once more, with the
answers that are known.
"""

from __future__ import annotations

import random
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.errors import Flaky, HypothesisWarning
from hypothesis.strategies import SearchStrategy

from hotloop.agent.bench import Bench
from hotloop.agent.equivalence.asks import asks_like, asks_on, lives_of, related_asks
from hotloop.agent.equivalence.calls import Answer, Ask, tells_apart
from hotloop.agent.equivalence.changed import Function
from hotloop.agent.equivalence.confirming import confirmed
from hotloop.agent.equivalence.growing import FACTORS, grown_asks, size_of
from hotloop.agent.equivalence.material import Material
from hotloop.agent.equivalence.players import BATCH, Players
from hotloop.agent.equivalence.recording import Call
from hotloop.agent.equivalence.replaying import may_not_fit
from hotloop.agent.equivalence.strategies import ANY, ODD, PLAIN, WIDE
from hotloop.sandboxes.base import Sandbox

EXAMPLES = 4000
LEAST_BUDGET = 2.0
LEAST_TRIED, LEAST_ODD = 96, 24
GRACE = 15.0
"""On a busy machine first inputs are given so many more seconds, in all."""
SHRINK_SECONDS = 5.0
RESTARTS = 6
BATCH_SECONDS = 0.5
"""Inputs in one request become fewer where it takes more than half of these seconds."""
SLICES = ((PLAIN, 0.5), (WIDE, 0.2), (ANY, 0.1), (ODD, 0.1))
"""Kinds of inputs, and the share of the time for each; ANY is beyond it, and only where it is promised."""
GROWN_SHARE = 0.2
GROWN_SECONDS = 8.0
"""Time for larger arguments on a busy machine; on others base is slow, or they are large enough, before."""
SLOW_SECONDS = 0.25
"""Once base takes so long for a call, its arguments grow no more."""


@dataclass(frozen=True)
class Source:
    """Of what inputs are made. asks_of: those of a kind. calls: recorded ones whose arguments can grow.
    anything: arguments that promise to take objects of any kind."""

    label: str
    asks_of: Callable[[str], SearchStrategy[Ask]]
    calls: tuple[Call, ...] = ()
    anything: frozenset[str] = frozenset()


@dataclass
class Generated:
    """difference: the smallest counterexample, told. tried, counted: inputs made, and those base accepts.
    unsure: inputs that differ, but not for certain. largest: of each function the most items, or letters,
    that an argument had."""

    difference: str | None = None
    tried: int = 0
    counted: int = 0
    unsure: list[str] = field(default_factory=list)
    largest: dict[str, int] = field(default_factory=dict)
    not_generated: list[str] = field(default_factory=list)


class Stop(Exception):
    """Tells Hypothesis that it need not go on, or to look for a smaller input."""


def generate(
    bench: Bench, sandboxes: dict[str, Sandbox], material: Material, *, start: int, seconds: float
) -> Generated:
    """start: where all random choices begin. Raises SideFailure when a process cannot be started."""
    set_hypothesis_home_dir(bench.folder.work / "hypothesis")
    found = Generated()
    able = list(_sources(material, found))
    chosen = able[: max(1, int(seconds / LEAST_BUDGET))]
    found.not_generated += [f"{one.label}: no time was left" for one in able[len(chosen) :]]
    players = Players(bench, sandboxes, material.recording.data)
    try:
        players.start()
        limit = time.monotonic() + seconds + GRACE
        for source in chosen:
            if time.monotonic() > limit:
                found.not_generated.append(f"{source.label}: no time was left")
                continue
            _try_one(players, source, found, start, seconds=seconds / len(chosen), limit=limit)
            if found.difference is not None:
                break
            if players.restarts > RESTARTS:
                found.not_generated.append(f"{source.label} and what comes after it: base ends or hangs")
                break
    finally:
        players.begin_anew()
    return found


def _sources(material: Material, found: Generated) -> Iterator[Source]:
    """Calls on objects, then those of each function."""
    yield from (Source(life.label, partial(asks_on, life)) for life in lives_of(material))
    for function in material.change.functions:
        if calls := _usable(function, material, found):
            open_to = function.anything
            yield Source(function.label, partial(asks_like, calls, anything=open_to), tuple(calls), open_to)


def _usable(function: Function, material: Material, found: Generated) -> list[Call]:
    """Recorded calls whose arguments can be varied; says why where there are none."""
    calls = [call for call in material.recording.of(function) if not may_not_fit(call, material.change)]
    usable = [call for call in calls if any(argument.plain is not None for argument in call.arguments)]
    if not usable:
        reason = "no argument is plain data" if calls else "no recorded call to start from"
        found.not_generated.append(f"{function.label}: {reason}")
    return usable


@dataclass
class Search:
    """For inputs of one function that tell the sides apart. batch: how many go out at once, for now.

    pending: made, and not yet tried. seen: by input, whether it tells apart. end: when to stop, and
    limit: where fewer than `least` were tried. smallest: the shortest input that does, with its length.
    """

    players: Players
    found: Generated
    end: float
    limit: float
    least: int
    pending: list[Ask] = field(default_factory=list)
    seen: dict[str, bool] = field(default_factory=dict)
    smallest: tuple[int, Ask] | None = None
    batch: int = 8

    @property
    def over(self) -> bool:
        end = self.end if self.found.tried >= self.least else self.limit
        return time.monotonic() > end or self.players.restarts > RESTARTS

    def collect(self, ask: Ask) -> None:
        """Try inputs by the batch. Raises Stop when one tells the sides apart, or the time is over."""
        if not self.over and self.smallest is None:
            self.pending.append(ask)
            if len(self.pending) >= self.batch:
                self.flush()
        if self.over or self.smallest is not None:
            raise Stop

    def flush(self) -> None:
        begun = time.monotonic()
        asks, self.pending = self.pending, []
        self._judge(asks, self.players.play(asks))
        quick = time.monotonic() - begun < BATCH_SECONDS / 2
        self.batch = min(BATCH, self.batch * 2) if quick else max(1, self.batch // 2)

    def shrink(self, ask: Ask) -> None:
        """Raises Stop for an input that tells the sides apart; known ones cost nothing."""
        if ask.key not in self.seen and time.monotonic() < self.end + SHRINK_SECONDS:
            self._judge([ask], self.players.play([ask]))
        if self.seen.get(ask.key, False):
            raise Stop

    def _judge(self, asks: Sequence[Ask], answers: Sequence[tuple[Answer, Answer] | None]) -> None:
        self.found.tried += len(asks)
        for ask, pair in zip(asks, answers, strict=True):
            apart = pair is not None and tells_apart(*pair, self.players.tolerance)
            self.seen[ask.key] = apart
            self.found.counted += pair is not None and (not pair[0].output.raised or pair[0].deliberate)
            size = len(ask.key)
            if apart and (self.smallest is None or size <= self.smallest[0]):
                self.smallest = (size, ask)


def _try_one(
    players: Players, source: Source, found: Generated, start: int, *, seconds: float, limit: float
) -> None:
    """Look for a counterexample among inputs of each kind."""
    _try_related(players, source, found)
    if found.difference is not None:
        return
    for kind, share in SLICES:
        if kind == ANY and not source.anything:
            continue
        least = found.tried + (LEAST_TRIED if kind == PLAIN else LEAST_ODD)
        search = Search(players, found, time.monotonic() + seconds * share, limit, least)
        asks = source.asks_of(kind)
        _explore(search.collect, asks, start, (Phase.generate,))
        if search.smallest is None and search.pending:
            search.flush()
        if search.smallest is not None:
            _explore(search.shrink, asks, start, (Phase.generate, Phase.shrink))
            _confirm(players, search.smallest[1], found, sure=kind != ODD)
        if found.difference is not None or players.restarts > RESTARTS:
            return
    end = time.monotonic() + max(GROWN_SECONDS, seconds * GROWN_SHARE)
    _try_grown(players, source, found, start, min(end, limit))


def _try_related(players: Players, source: Source, found: Generated) -> None:
    """Two arguments that are one object, or alike; no more once base ends, or does not come to an end."""
    before = players.restarts
    for ask in islice(related_asks(source.calls), BATCH // 2):
        pair = players.alone(ask)
        found.tried += 1
        if players.restarts > before:
            players.restarts = before  # one list that is filled from itself says nothing of other inputs
            return
        found.counted += pair is not None and (not pair[0].output.raised or pair[0].deliberate)
        if pair is not None and tells_apart(*pair, players.tolerance):
            _confirm(players, ask, found, sure=True)
            return


def _try_grown(players: Players, source: Source, found: Generated, start: int, end: float) -> None:
    """Larger and larger arguments, as long as base answers them, and is quick."""
    rng = random.Random(start)
    for factor in FACTORS:
        slowest = 0.0
        for ask in grown_asks(source.calls, factor, rng):
            pair = players.alone(ask) if time.monotonic() < end else None
            if pair is None:
                return
            found.tried += 1
            found.largest[ask.label] = max(found.largest.get(ask.label, 0), size_of(ask))
            found.counted += not pair[0].output.raised or pair[0].deliberate
            slowest = max(slowest, pair[0].seconds)
            if tells_apart(*pair, players.tolerance):
                _confirm(players, ask, found, sure=True)
                return
        if slowest > SLOW_SECONDS:
            return


def _explore(
    examine: Callable[[Ask], None], asks: SearchStrategy[Ask], start: int, phases: tuple[Phase, ...]
) -> None:
    """The same inputs in the same order for one `start`, until `examine` raises Stop, or there are enough."""
    options = settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=phases,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )

    @seed(start)
    @options
    @given(asks)
    def test(ask: Ask) -> None:
        examine(ask)

    try:
        with warnings.catch_warnings():
            # That a large input takes long to show: it is not shown.
            warnings.simplefilter("ignore", HypothesisWarning)
            test()
    except (Stop, Flaky):
        return  # flaky: time ended while it was shrinking, and what was found so far is kept


def _confirm(players: Players, ask: Ask, found: Generated, *, sure: bool) -> None:
    """A counterexample must tell fresh processes apart, and is told; what else does not count is noted.

    sure: whether the kind of input is one that the function must be right for.
    """
    text, certain = confirmed(players, ask, sure=sure)
    if certain:
        found.difference = text
    else:
        found.unsure.append(text)
