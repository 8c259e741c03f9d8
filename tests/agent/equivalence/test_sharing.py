from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hotloop.agent.gates.base import Trial
from hotloop.agent.gates.generated import GeneratedGate

MakeTrial = Callable[..., Trial]

BASE = """\
class Event:
    def __init__(self, size):
        self.size = size

def scaled(sizes, factor):
    return [event.size for event in scale([Event(size) for size in sizes], factor)]

def scale(events, factor):
    return [Event(event.size * factor) for event in events]

def table(rows):
    return [[number * 2 for number in row] for row in rows]

def chunks(items, size):
    chunk = []
    for item in items:
        chunk = chunk + [item]
        if len(chunk) == size:
            yield chunk
            chunk = []

def served(waiting):
    left = list(waiting)
    total = 0
    while left:
        number = left.pop()
        if number < 0:
            raise ValueError("negative")
        total += number
    return total
"""
WORKLOAD = """\
from pkg import core

def setup(seed):
    return [seed % 9, 3, 1, 2]

def workload(state):
    events = [core.Event(size) for size in state]
    list(core.chunks(state, 3)), core.served(state), core.scale(events, 3)
    return core.table([state, state[:2]])
"""
SCALE = "[Event(event.size * factor) for event in events]"
TABLE = "    return [[number * 2 for number in row] for row in rows]\n"
KEPT = """\
    known = {}
    for row in rows:
        if tuple(row) not in known:
            known[tuple(row)] = [number * 2 for number in row]
    return [known[tuple(row)] for row in rows]
"""
CHUNK = BASE[BASE.index("        chunk = chunk + [item]") : BASE.index("def served")]
ONE_LIST = """\
        chunk.append(item)
        if len(chunk) == size:
            yield chunk
            chunk.clear()

"""
CHEATS = {
    "the same object where a new one is due": (
        SCALE,
        "[Event(e.size * factor) if e.size * factor != e.size else e for e in events]",
        "the result shares objects with events",
    ),
    "one list for equal rows": (TABLE, KEPT, "the result shares objects with itself"),
    "one list for all chunks": (CHUNK, ONE_LIST, "base gave"),
    "an argument spoilt when it raises": (
        "    left = list(waiting)\n",
        "    left = waiting if min(waiting, default=0) < 0 else list(waiting)\n",
        "only base has waiting afterwards",
    ),
}
HONEST = {
    "rows by slices": (TABLE, "    return [list(map((2).__mul__, row)) for row in rows]\n"),
    "chunks by append": (CHUNK, CHUNK.replace("chunk = chunk + [item]", "chunk.append(item)")),
}


def check(trial_of: MakeTrial, old: str, new: str) -> Any:
    assert old in BASE
    trial = trial_of(BASE, BASE.replace(old, new), files={"bench.py": WORKLOAD}, equivalence_seconds=8.0)
    return GeneratedGate().check(trial)


@pytest.mark.parametrize("name", CHEATS)
def test_what_a_caller_would_come_across_later_counts(trial_of: MakeTrial, name: str) -> None:
    old, new, words = CHEATS[name]

    result = check(trial_of, old, new)

    assert not result.passed
    assert words in result.detail, result.detail


@pytest.mark.parametrize("name", HONEST)
def test_new_objects_are_nobodys_concern(trial_of: MakeTrial, name: str) -> None:
    result = check(trial_of, *HONEST[name])

    assert result.passed, result.detail
