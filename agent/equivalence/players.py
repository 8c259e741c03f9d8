"""The processes that answer generated inputs: two of base and one of the candidate, side by side."""

from __future__ import annotations

from collections.abc import Sequence

from hotloop.agent.bench import Bench
from hotloop.agent.equivalence.calls import Answer, Ask, CallProcess, differ
from hotloop.agent.equivalence.replaying import LEAST_SECONDS, ended, patience
from hotloop.profilers.engines.base import BASE, CANDIDATE, attributed
from hotloop.profilers.workload import WorkloadFailure
from hotloop.sandboxes.base import Sandbox

ALL = ((BASE, 0), (BASE, 1), (CANDIDATE, 0))
BATCH = 64
"""Inputs in one request, at most."""
Pair = tuple[Answer, Answer]


class Players:
    """Started again when one of them ends. restarts: how often that was, for one input alone.
    history: what these very processes were asked so far, in this order."""

    def __init__(self, bench: Bench, sandboxes: dict[str, Sandbox], data: bytes) -> None:
        self._bench, self._sandboxes, self._data = bench, sandboxes, data
        self._live: dict[tuple[str, int], CallProcess] = {}
        self.tolerance = bench.settings.tolerance
        self.restarts = 0
        self.history: list[Ask] = []

    def start(self) -> None:
        """All of them, so that what follows takes no time for it."""
        for side, slot in ALL:
            self._started(side, slot)

    def begin_anew(self) -> None:
        """From now on in fresh processes."""
        for process in self._live.values():
            process.close()
        self._live.clear()
        self.history.clear()

    def play(self, asks: Sequence[Ask]) -> list[Pair | None]:
        """What base and the candidate answer to each; None where base does not answer alike three times."""
        if len(asks) > 1:
            try:
                return self._together(asks)
            except WorkloadFailure:
                self.begin_anew()  # one of them ends or hangs: which, and by whose fault, shows alone
        return [self.alone(ask) for ask in asks]

    def alone(self, ask: Ask, *, leaves: bool = False) -> Pair | None:
        """A candidate's process that ends, or hangs where base does not, is an answer, too."""
        self.history.append(ask)
        try:
            first, again = self._answers(BASE, 0, [ask, ask], LEAST_SECONDS, leaves)
            other = self._answers(BASE, 1, [ask], LEAST_SECONDS, leaves)[0]
        except WorkloadFailure:
            return None
        known = self._steady(first, again, other)
        if known is None:
            return None
        try:
            return known, self._answers(CANDIDATE, 0, [ask], patience(known), leaves)[0]
        except WorkloadFailure as failure:
            return known, ended(known, failure)

    def _together(self, asks: Sequence[Ask]) -> list[Pair | None]:
        """All three at once. Raises WorkloadFailure when one of them ends or is too slow for so many."""
        self.start()
        for side, slot in ALL:
            process = self._live[side, slot]
            process.timeout = LEAST_SECONDS
            process.send_calls([*asks, *asks] if (side, slot) == ALL[0] else asks)
        first = self._live[ALL[0]].receive_calls(2 * len(asks))
        self.history += asks
        others, new = (self._live[key].receive_calls(len(asks)) for key in ALL[1:])
        known = map(self._steady, first, first[len(asks) :], others)
        return [None if old is None else (old, answer) for old, answer in zip(known, new, strict=True)]

    def _steady(self, first: Answer, again: Answer, other: Answer) -> Answer | None:
        steady = all(differ(first, one, self.tolerance) is None for one in (again, other))
        return first if steady and first.unprepared is None else None

    def _started(self, side: str, slot: int) -> CallProcess:
        if (side, slot) not in self._live:
            with attributed(side):
                self._live[side, slot] = CallProcess(self._bench, self._sandboxes[side], self._data, slot)
        return self._live[side, slot]

    def _answers(
        self, side: str, slot: int, asks: Sequence[Ask], seconds: float, leaves: bool
    ) -> list[Answer]:
        """Raises WorkloadFailure when the process ends or takes longer than `seconds`."""
        process = self._started(side, slot)
        process.timeout = seconds
        try:
            return process.calls(asks, leaves=leaves)
        except WorkloadFailure:
            self.restarts += 1
            self._live.pop((side, slot)).close()
            self.history.clear()
            raise
