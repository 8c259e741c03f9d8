"""Try functions on generated inputs, old against new, and shrink what tells them apart.

Hypothesis runs here; the target's processes only ever see plain data. An input counts
when base answers it alike three times in two processes. Where base raises, it counts only
if base's own code says `raise` and the candidate goes on as if nothing were wrong.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.errors import Flaky
from hypothesis.strategies import SearchStrategy

from hotloop.agent.bench import Bench
from hotloop.agent.equivalence.calls import Answer, Ask, CallProcess, differ
from hotloop.agent.equivalence.changed import Function
from hotloop.agent.equivalence.material import Material
from hotloop.agent.equivalence.plain import decode, encode
from hotloop.agent.equivalence.recording import Call
from hotloop.agent.equivalence.replaying import LEAST_SECONDS, ended, may_not_fit, patience, told
from hotloop.agent.equivalence.strategies import arguments_like
from hotloop.profilers.engines.base import BASE, CANDIDATE, attributed
from hotloop.profilers.workload import WorkloadFailure
from hotloop.sandboxes.base import Sandbox

EXAMPLES = 400
LEAST_BUDGET = 2.0
LEAST_TRIED = 30
GRACE = 15.0
"""On a busy machine a function is given so many more seconds for its first inputs."""
RESTARTS = 6


@dataclass
class Generated:
    """difference: the smallest counterexample, told. tried, counted: inputs made, and those base accepts.
    unsure: inputs that differ, but not for certain."""

    difference: str | None = None
    tried: int = 0
    counted: int = 0
    unsure: list[str] = field(default_factory=list)
    not_generated: list[str] = field(default_factory=list)


class Counterexample(Exception):
    """Tells Hypothesis to look for a smaller one."""


class Players:
    """Two processes of base and one of the candidate, started again when one ends."""

    def __init__(self, bench: Bench, sandboxes: dict[str, Sandbox], data: bytes) -> None:
        self._bench, self._sandboxes, self._data = bench, sandboxes, data
        self._live: dict[tuple[str, int], CallProcess] = {}
        self.tolerance = bench.settings.tolerance
        self.restarts = 0

    def start(self) -> None:
        """All of them, so that what follows takes no time for it."""
        for side, slot in ((BASE, 0), (BASE, 1), (CANDIDATE, 0)):
            self._started(side, slot)

    def _started(self, side: str, slot: int) -> CallProcess:
        if (side, slot) not in self._live:
            with attributed(side):
                self._live[side, slot] = CallProcess(self._bench, self._sandboxes[side], self._data, slot)
        return self._live[side, slot]

    def answer(self, side: str, slot: int, ask: Ask, *, seconds: float, leaves: bool = False) -> Answer:
        """Raises WorkloadFailure when the process ends or takes longer than `seconds`."""
        process = self._started(side, slot)
        process.timeout = seconds
        try:
            return process.call(ask, leaves=leaves)
        except WorkloadFailure:
            self.restarts += 1
            self._live.pop((side, slot)).close()
            raise

    def base(self, ask: Ask, *, leaves: bool = False) -> Answer | None:
        """What base answers, alike three times; None where it does not."""
        try:
            first = self.answer(BASE, 0, ask, seconds=LEAST_SECONDS, leaves=leaves)
            others = [self.answer(BASE, slot, ask, seconds=LEAST_SECONDS, leaves=leaves) for slot in (0, 1)]
        except WorkloadFailure:
            return None
        steady = all(differ(first, other, self.tolerance) is None for other in others)
        return first if steady and first.unprepared is None else None

    def candidate(self, ask: Ask, known: Answer, *, leaves: bool = False) -> Answer:
        """A process that ends, or hangs where base does not, is an answer, too."""
        try:
            return self.answer(CANDIDATE, 0, ask, seconds=patience(known), leaves=leaves)
        except WorkloadFailure as failure:
            return ended(known, failure)

    def begin_anew(self) -> None:
        """From now on in fresh processes."""
        for process in self._live.values():
            process.close()
        self._live.clear()


def generate(
    bench: Bench, sandboxes: dict[str, Sandbox], material: Material, *, start: int, seconds: float
) -> Generated:
    """start: where all random choices begin. Raises SideFailure when a process cannot be started."""
    set_hypothesis_home_dir(bench.folder.work / "hypothesis")
    found = Generated()
    able = [(one, calls) for one in material.change.functions if (calls := _usable(one, material, found))]
    chosen = able[: max(1, int(seconds / LEAST_BUDGET))]
    found.not_generated += [f"{one.label}: no time was left" for one, _ in able[len(chosen) :]]
    players = Players(bench, sandboxes, material.recording.data)
    try:
        players.start()
        for function, calls in chosen:
            _try_one(players, calls, found, start, time.monotonic() + seconds / len(chosen))
            if found.difference is not None:
                break
            if players.restarts > RESTARTS:
                found.not_generated.append(f"{function.label} and what comes after it: base ends or hangs")
                break
    finally:
        players.begin_anew()
    return found


def _usable(function: Function, material: Material, found: Generated) -> list[Call]:
    """Recorded calls whose arguments can be varied; says why where there are none."""
    calls = [call for call in material.recording.of(function) if not may_not_fit(call, material.change)]
    usable = [call for call in calls if any(argument.plain is not None for argument in call.arguments)]
    if not usable:
        reason = "no argument is plain data" if calls else "no recorded call to start from"
        found.not_generated.append(f"{function.label}: {reason}")
    return usable


def _try_one(players: Players, calls: Sequence[Call], found: Generated, start: int, end: float) -> None:
    """Look for a counterexample among inputs like those of `calls`, which are of one function."""
    smallest: list[tuple[int, Ask]] = []
    least = found.tried + LEAST_TRIED

    def examine(ask: Ask) -> None:
        late = time.monotonic() - end
        if late > (0.0 if found.tried >= least else GRACE) or players.restarts > RESTARTS:
            return
        found.tried += 1
        known = players.base(ask)
        if known is None:
            return
        found.counted += not known.output.raised or known.deliberate
        new = players.candidate(ask, known)
        if tells_apart(known, new, players.tolerance):
            size = len(repr(ask.given))
            if not smallest or size <= smallest[0][0]:
                smallest[:] = [(size, ask)]
            raise Counterexample

    _search(examine, asks_like(calls), start)
    if smallest:
        _confirm(players, smallest[0][1], found)


def _search(examine: Callable[[Ask], None], asks: SearchStrategy[Ask], start: int) -> None:
    """Until an input tells the sides apart and none that is smaller does."""
    options = settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
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
        test()
    except (Counterexample, Flaky):
        return  # flaky: time ended while it was shrinking, and what was found so far is kept


def tells_apart(old: Answer, new: Answer, tolerance: float) -> bool:
    """Whether the answers to a generated input differ where base's can be held against the candidate."""
    if not old.output.raised:
        return differ(old, new, tolerance) is not None
    return old.deliberate and not new.output.raised and new.unprepared is None


def _confirm(players: Players, ask: Ask, found: Generated) -> None:
    """A counterexample must tell fresh processes apart; then it is told with its place in the result."""
    players.begin_anew()
    known = players.base(ask, leaves=True)
    if known is None:
        found.unsure.append(f"{ask.label}: base gives another result in a fresh process")
        return
    new = players.candidate(ask, known, leaves=True)
    text = told(ask.label, known, new)
    if not tells_apart(known, new, players.tolerance):
        found.unsure.append(f"{text}, but only after other calls")
        return
    where = differ(known, new, players.tolerance) if known.said == new.said else None
    found.difference = f"{text}: {where}" if where else text


def asks_like(calls: Sequence[Call]) -> SearchStrategy[Ask]:
    """Calls with some recorded call's objects, and every argument that is plain data made anew."""
    seen: dict[str, list[Any]] = {}
    for call in calls:
        for argument in call.arguments:
            if argument.plain is not None:
                seen.setdefault(argument.name, []).append(decode(argument.plain))
    made = {name: arguments_like(values) for name, values in seen.items()}

    @st.composite
    def asks(draw: st.DrawFn) -> Ask:
        call = draw(st.sampled_from(list(calls)))
        given = tuple(
            (argument.how, argument.name, encode(draw(made[argument.name])))
            for argument in call.arguments
            if argument.plain is not None
        )
        return Ask(call.module, call.function.name, call.id, given)

    return asks()
