from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hotloop.agent.gates.base import Trial
from hotloop.agent.gates.replay import ReplayGate

MakeTrial = Callable[..., Trial]

WORKLOAD = """\
from decimal import Decimal
from pkg import core

def setup(seed):
    return [seed % 9, 3, 1, 2]

def workload(state):
    numbers = core.half(2), core.half(0.5), core.next_to(3), list(core.sums(state))
    return core.total(state), core.parts(Decimal(1)), core.Line(state).waiting(), numbers
"""
BASE = """\
import decimal

class Line:
    def __init__(self, items):
        self._items = list(items)

    def waiting(self):
        return [item for item in self._items]

    def __len__(self):
        return len(self._items)

def total(items):
    result = 0
    for item in items:
        result += item
    return result

def parts(one):
    return tuple(one / decimal.Decimal(n) for n in (3, 7))

def half(number):
    return number * 2 / 4, number

def next_to(number):
    return [number - 1, number + 1]

def sums(items):
    reached = 0
    for item in items:
        reached += item
        yield reached
"""
TOTAL = BASE[BASE.index("    result = 0") : BASE.index("\ndef parts")]
CHEATS = {
    "goes by an object's identity": (
        TOTAL,
        "    if id(items) not in _KEPT:\n        _KEPT[id(items)] = (sum(items), items)\n"
        "    return _KEPT[id(items)][0]\n\n_KEPT = {}\n",
        "once the same arguments hold half of what they held",
    ),
    "forgets the decimal context": (
        "def parts(one):",
        "import functools\n\n@functools.lru_cache(8)\ndef parts(one):",
        "under another decimal context",
    ),
    "hands out its inside": (
        "return [item for item in self._items]",
        "return self._items",
        "emptying the result changes self, at base it does not",
    ),
    "keeps its scratch in the module": (
        TOTAL,
        "    _SUM[0] = 0\n    for item in items:\n        _SUM[0] += item\n"
        "    return _SUM[0]\n\n_SUM = [0]\n",
        "two threads that call it at once get wrong results",
    ),
}
CHEATS["keeps what equals it, of any type"] = (
    "    return number * 2 / 4, number\n",
    "    if number not in _KEPT:\n        _KEPT[number] = number * 2 / 4, number\n"
    "    return _KEPT[number]\n\n_KEPT = {}\n",
    "after a call with equal arguments whose numbers are of type float",
)
SUMS = BASE[BASE.index("    reached = 0") :]
CHEATS["keeps the scratch of a generator in the module"] = (
    SUMS,
    "    _SUM[0] = 0\n    for item in items:\n        _SUM[0] += item\n        yield _SUM[0]\n\n_SUM = [0]\n",
    "two threads that call it at once get wrong results",
)
CHEATS["borrows the caller's list"] = (
    TOTAL,
    "    left, result = len(items), 0\n    while left:\n        left -= 1\n"
    "        result += items[-1]\n        items.insert(0, items.pop())\n    return result\n",
    "two threads that call it at once with the same arguments get wrong results",
)
HONEST = {
    "a sum": (TOTAL, "    return sum(items)\n"),
    "a cache by value": (
        TOTAL,
        "    key = tuple(items)\n    if key not in _KEPT:\n        _KEPT[key] = sum(key)\n"
        "    return _KEPT[key]\n\n_KEPT = {}\n",
    ),
    "a generator by another": (SUMS, "    import itertools\n    yield from itertools.accumulate(items)\n"),
    "a copy by slice": ("return [item for item in self._items]", "return self._items[:]"),
}


def check(trial_of: MakeTrial, old: str, new: str) -> Any:
    assert old in BASE
    return ReplayGate().check(trial_of(BASE, BASE.replace(old, new), files={"bench.py": WORKLOAD}))


@pytest.mark.parametrize("name", CHEATS)
def test_what_is_kept_or_shared_is_found_by_what_callers_may_do(trial_of: MakeTrial, name: str) -> None:
    old, new, words = CHEATS[name]
    result = check(trial_of, old, new)

    assert not result.passed
    assert words in result.detail


@pytest.mark.parametrize("name", HONEST)
def test_what_is_kept_soundly_passes(trial_of: MakeTrial, name: str) -> None:
    result = check(trial_of, *HONEST[name])

    assert result.passed, result
    assert result.facts["calls"] > 0
    assert all("whose numbers are of type float" in text for text in result.facts["may_differ"])
    assert (name == "a cache by value") == bool(result.facts["may_differ"])


def test_an_equal_number_of_a_type_that_is_never_given_is_told_and_not_refused(trial_of: MakeTrial) -> None:
    old = "    return [number - 1, number + 1]\n"
    new = "    return list(_KEPT.setdefault(number, (number - 1, number + 1)))\n\n_KEPT = {}\n"
    result = check(trial_of, old, new)

    assert result.passed, result
    assert "whose numbers are of type float" in result.facts["may_differ"][0]
