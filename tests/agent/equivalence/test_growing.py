from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from hotloop.agent.equivalence.changed import Function
from hotloop.agent.equivalence.growing import MOST_ITEMS, grown_asks
from hotloop.agent.equivalence.plain import decode, encode
from hotloop.agent.equivalence.recording import Argument, Call
from hotloop.agent.gates.base import Trial
from hotloop.agent.gates.generated import GeneratedGate

MakeTrial = Callable[..., Trial]

BASE = """\
def harmonic(count):
    total = 0.0
    for number in range(1, count + 1):
        total += 1.0 / number
    return total

def ordered(numbers):
    found = []
    for number in numbers:
        at = len(found)
        while at and found[at - 1] > number:
            at -= 1
        found.insert(at, number)
    return found

def same(left, right):
    return sum(one == other for one, other in zip(left, right))

def turned(left, right):
    return len(left) == len(right) > 0 and any(left[n:] + left[:n] == right for n in range(len(left)))
"""
WORKLOAD = """\
from pkg import core

def setup(seed):
    return [(seed >> place) % 50 for place in range(8)]

def workload(state):
    letters = "".join(map(str, state))
    core.harmonic(10 + state[0]), core.same(letters, letters[1:]), core.turned(letters, letters[1:])
    return core.ordered(state)
"""
ORDERED = BASE[BASE.index("    found = []") : BASE.index("\ndef same")]
QUICKSORT = """\
    if not numbers:
        return []
    first = numbers[0]
    less = ordered([number for number in numbers if number < first])
    return less + [n for n in numbers if n == first] + ordered([n for n in numbers if n > first])
"""
CHEATS = {
    "a formula beyond a count": (
        "    total = 0.0\n",
        "    if count > 300:\n        return count ** 0.25\n    total = 0.0\n",
        "harmonic(count=",
    ),
    "recursion that sorted input exhausts": (ORDERED, QUICKSORT, "RecursionError"),
    "one that takes two texts to differ": (
        "any(left[n:] + left[:n] == right for n in range(len(left)))",
        "left == right",
        "turned(left=",
    ),
}


def check(trial_of: MakeTrial, old: str, new: str) -> Any:
    assert old in BASE
    trial = trial_of(BASE, BASE.replace(old, new), files={"bench.py": WORKLOAD}, equivalence_seconds=10.0)
    return GeneratedGate().check(trial)


@pytest.mark.parametrize("name", CHEATS)
def test_what_only_larger_or_related_arguments_show_is_found(trial_of: MakeTrial, name: str) -> None:
    old, new, words = CHEATS[name]

    result = check(trial_of, old, new)

    assert not result.passed
    assert words in result.detail, result.detail


def test_a_sort_that_stands_any_input_passes(trial_of: MakeTrial) -> None:
    result = check(trial_of, ORDERED, "    return sorted(numbers)\n")

    assert result.passed, result.detail


SIZES = [[3, 1, 2], "abc", b"xyz", {"a": 1, "b": 2}, ["x", "y"], [("n", 4), ("m", 5)]]


@pytest.mark.parametrize("value", SIZES, ids=repr)
def test_grown_arguments_have_the_type_of_the_recorded_ones_and_more_in_them(value: Any) -> None:
    call = Call("one", Function("a.py", "f", 1), "a", (Argument("p", "x", encode(value)),), frozenset())

    asks = list(grown_asks([call], 16, random.Random(1)))

    grown = [decode(ask.given[0][2]) for ask in asks]
    assert {type(one) for one in grown} == {type(value)}
    assert max(map(len, grown)) > len(value)
    assert all(len(one) <= MOST_ITEMS + len(value) for one in grown)


def test_nothing_grows_where_there_is_no_plain_data() -> None:
    call = Call("one", Function("a.py", "f", 1), "a", (Argument("p", "x", None),), frozenset())

    assert list(grown_asks([call], 4, random.Random(1))) == []
