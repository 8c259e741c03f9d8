"""What calls leave changed beside their results: files, streams, and the state of the process."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from hotloop.agent.bench import Bench
from hotloop.agent.equivalence.calls import Answer, CallProcess, asked, differ
from hotloop.agent.equivalence.changed import is_public
from hotloop.agent.equivalence.material import Material
from hotloop.agent.equivalence.recording import Call
from hotloop.agent.equivalence.replaying import alternating, may_not_fit
from hotloop.profilers.engines.base import BASE, CANDIDATE, attributed
from hotloop.profilers.workload import WorkloadFailure
from hotloop.sandboxes.base import Sandbox

MOST = 40
EVIDENCE = frozenset({"files read"})
"""Kinds that say something of how a result is made, and are no part of what a caller gets."""
LOADING = frozenset({"exit hooks", "warnings", "import path", "numpy's random state"})
"""Kinds that a module changes when it is first imported: an import may move into a call."""

STARTED = frozenset({"threads", "child processes"})
"""Kinds that are certain where loading a module has them: work then goes on beside every call."""

STATE = frozenset(
    {"garbage collection", "collector's hooks", "recursion limit", "switch interval", "signal handlers"}
    | {"timers", "trace functions", "standard streams", "locale"}
)
"""What belongs to the whole process, and to whoever runs it: certain where only the candidate's loading
changes it."""

SHOWN = 120


@dataclass(frozen=True)
class Twice:
    """One call made twice in one process, and what each time left changed."""

    answer: Answer
    first: dict[str, str]
    second: dict[str, str]


@dataclass(frozen=True)
class Watched:
    """loading: what importing the modules left changed. calls: by id. moved: globals and attributes
    of classes, by module and name, whose value changed."""

    loading: dict[str, str]
    calls: dict[str, Twice]
    moved: frozenset[tuple[str, str]]


@dataclass
class Effects:
    """certain: effects that base does not have. maybe: what a reviewer should look at."""

    compared: int = 0
    certain: list[str] = field(default_factory=list)
    maybe: list[str] = field(default_factory=list)
    not_compared: list[str] = field(default_factory=list)


class Watcher:
    """Makes the same calls in fresh processes of either side. modules: whose globals are looked at."""

    def __init__(
        self, bench: Bench, sandboxes: dict[str, Sandbox], material: Material, modules: Sequence[str]
    ) -> None:
        self._bench = bench
        self._sandboxes = sandboxes
        self._data = material.recording.data
        self._modules = modules

    def watch(self, side: str, slot: int, calls: Sequence[Call], seconds: float) -> Watched:
        """As many of `calls` as end within the time. Raises SideFailure when a process cannot begin."""
        found: dict[str, Twice] = {}
        end = time.monotonic() + seconds
        with attributed(side):
            process = CallProcess(self._bench, self._sandboxes[side], self._data, slot)
        try:
            with attributed(side):
                process.hold_threads()
                loading = process.load(self._modules)
                before = process.contents(self._modules)
            for call in calls:
                if time.monotonic() > end:
                    break
                one, other = process.call(asked(call)), process.call(asked(call))
                found[call.id] = Twice(one, one.effects, other.effects)
            after = process.contents(self._modules)
        except WorkloadFailure:
            # A call that ends its process: to repeat it is another gate's.
            return Watched(loading, found, frozenset())
        finally:
            process.close()
        moved = frozenset(key for key in after if before.get(key) != after[key])
        return Watched(loading, found, moved)


def compare_effects(
    bench: Bench,
    sandboxes: dict[str, Sandbox],
    material: Material,
    modules: Sequence[str],
    seconds: float,
) -> Effects:
    """Some recorded calls of each function, twice at base and once at the candidate. Raises SideFailure."""
    watcher = Watcher(bench, sandboxes, material, modules)
    calls = list(alternating(material.recording.calls))[:MOST]
    old = watcher.watch(BASE, 0, calls, seconds)
    calls = [call for call in calls if call.id in old.calls]
    again = watcher.watch(BASE, 1, calls, 2 * seconds)
    new = watcher.watch(CANDIDATE, 0, calls, 4 * seconds)
    found = Effects()
    _compare_loading(old.loading, again.loading, new.loading, found)
    for call in calls:
        if call.id in again.calls and call.id in new.calls:
            triple = (old.calls[call.id], again.calls[call.id], new.calls[call.id])
            if differ(triple[0].answer, triple[2].answer, bench.settings.tolerance) is None:
                found.compared += 1
                _compare_call(call, *triple, unsure=may_not_fit(call, material.change), found=found)
    _compare_globals(old.moved | again.moved, new.moved, found)
    return found


def _compare_loading(old: dict[str, str], again: dict[str, str], new: dict[str, str], found: Effects) -> None:
    """An import may load more than before; certain are work beside every call and settings of the process."""
    for kind in sorted({*old, *new} - LOADING - EVIDENCE):
        before = {one.get(kind, "") for one in (old, again)}
        if new.get(kind, "") not in before:
            text = f"importing changes {kind}: {_both(kind, old.get(kind, ''), new.get(kind, ''))}"
            (found.certain if kind in STARTED | STATE and before == {""} else found.maybe).append(text)


def _compare_call(call: Call, old: Twice, again: Twice, new: Twice, *, unsure: bool, found: Effects) -> None:
    for kind in sorted({*old.first, *new.first, *again.first}):
        times = [(one.second if kind in LOADING else one.first).get(kind, "") for one in (old, again, new)]
        if times[0] != times[1]:
            found.not_compared.append(f"{call.label}: {kind}, for base does not repeat them")
        elif times[0] != times[2]:
            text = f"{new.answer.call(call.label)} changes {kind}: {_both(kind, times[0], times[2])}"
            (found.maybe if unsure or kind in EVIDENCE else found.certain).append(text)
    found.not_compared = sorted(set(found.not_compared))


def _both(kind: str, old: str, new: str) -> str:
    if kind.endswith("random state"):
        return "not as base does"
    return f"base {old[:SHOWN] or 'leaves it alone'}, the candidate {new[:SHOWN] or 'leaves it alone'}"


def _compare_globals(
    old: frozenset[tuple[str, str]], new: frozenset[tuple[str, str]], found: Effects
) -> None:
    """Private names may hold what is remembered from call to call; whether that is sound, a reviewer says."""
    for module, name in sorted(new - old):
        text = f"{module}.{name} holds another value after the calls, at base it does not"
        (found.certain if is_public(name) else found.maybe).append(text)
