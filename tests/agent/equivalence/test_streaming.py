from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hotloop.agent.gates.base import Trial
from hotloop.agent.gates.replay import ReplayGate

MakeTrial = Callable[..., Trial]

WORKLOAD = """\
from pkg import core

def setup(seed):
    return [seed % 9, 3, 1, 2, 5, 4]

def workload(state):
    streamed = list(core.shifted(number for number in state))
    pairs = list(core.pairs(state, 2))
    sums = core.total(state), core.early(state)
    return list(core.doubled(state)), streamed, pairs, sums, core.shifted(state)
"""
BASE = """\
import itertools
from collections.abc import Iterable

def doubled(items):
    for item in items:
        yield 2 * item

def shifted(items):
    return map(lambda item: item + 1, items)

def pairs(items, size):
    \"\"\"Lists of items, one by one.\"\"\"
    chunk = []
    for item in items:
        chunk = chunk + [item]
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk

def total(items: Iterable[int]) -> int:
    result = 0
    for item in items:
        result += item
    return result

def early(items: Iterable[int]) -> int:
    return [item for item in items if item > 2][0]
"""
DOUBLED = BASE[BASE.index("    for item in items:\n        yield") : BASE.index("\ndef shifted")]
PAIRS = BASE[BASE.index("    chunk = []") : BASE.index("\ndef total")]
AHEAD = """\
    rest = iter(items)
    while block := list(itertools.islice(rest, 64)):
        while block:
            chunk, block = block[:size], block[size:]
            yield chunk
"""
CHEATS = {
    "reads in blocks what comes one by one": (
        PAIRS,
        AHEAD,
        "pairs: given an iterator for items, the candidate takes 50",
    ),
    "reads at once what a caller gave as a generator": (
        "map(lambda item: item + 1, items)",
        "map(lambda item: item + 1, [item for item in items])",
        "shifted: given an iterator for items, the candidate takes 50",
    ),
    "asks an iterable for its length": (
        "    result = 0\n",
        "    result = 0\n    if len(items) == 1:\n        return items[0]\n",
        "total: given an iterator for items, the candidate raised TypeError",
    ),
}
HONEST = {
    "slices of what is asked for": (
        PAIRS,
        "    rest = iter(items)\n    while chunk := list(itertools.islice(rest, size)):\n"
        "        yield chunk\n",
    ),
    "less is read": ("[item for item in items if item > 2][0]", "next(item for item in items if item > 2)"),
    "a sum": (
        "    result = 0\n    for item in items:\n        result += item\n    return result\n",
        "    return sum(items)\n",
    ),
}


def check(trial_of: MakeTrial, old: str, new: str) -> Any:
    assert old in BASE
    return ReplayGate().check(trial_of(BASE, BASE.replace(old, new), files={"bench.py": WORKLOAD}))


@pytest.mark.parametrize("name", CHEATS)
def test_reading_ahead_of_what_callers_may_stream_is_refused(trial_of: MakeTrial, name: str) -> None:
    old, new, words = CHEATS[name]
    result = check(trial_of, old, new)

    assert not result.passed
    assert words in result.detail


@pytest.mark.parametrize("name", HONEST)
def test_reading_no_further_than_base_passes(trial_of: MakeTrial, name: str) -> None:
    result = check(trial_of, *HONEST[name])

    assert result.passed, result
    assert result.facts["may_differ"] == []
    assert result.facts["calls"] > 0


def test_where_only_lists_are_ever_given_reading_ahead_is_told(trial_of: MakeTrial) -> None:
    result = check(trial_of, DOUBLED, "    yield from [2 * item for item in list(items)]\n")

    assert result.passed, result
    assert (
        "doubled: given an iterator for items, the candidate takes 50 of its items"
        in result.facts["may_differ"][0]
    )
