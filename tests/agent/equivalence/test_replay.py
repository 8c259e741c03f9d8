from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hotloop.agent.doubts import doubts_of
from hotloop.agent.equivalence.material import material_of
from hotloop.agent.equivalence.replaying import replay
from hotloop.agent.gates.base import Trial
from hotloop.agent.gates.replay import ReplayGate
from hotloop.profilers.engines.base import BASE, CANDIDATE

MakeTrial = Callable[..., Trial]

PYTEST = "python -m pytest -q tests"
TESTS = """\
from pkg.core import total

def test_total():
    assert total([1, 2, 3]) == 6
    assert total([]) == 0
    assert total([0.5, 1]) == 1.5
"""
SLOW = """\
def total(items):
    result = 0
    for item in items:
        result += item
    return result
"""
BEFORE = """\
class Table:
    def __init__(self, rows):
        self._rows = list(rows)

    def longest(self):
        return sorted(self._rows)[-1]

    def __len__(self):
        return len(self._rows)

def same(items):
    return [item for item in items]

def swallows(items):
    return items[5]

def leaves_argument(items):
    return sorted(items)

def lazy(items):
    return [item + 1 for item in items]

def orders(items):
    return {item: None for item in items}

def signs(items):
    return [-0.0 for item in items]

def shares(items):
    return [item for item in items]

def hides(items):
    return Table(items)

def takes_object(table):
    return len(table) + 1

def hangs(items):
    return 1

def unsteady(items):
    return id(object())
"""
CHANGES = {
    "same": ("return [item for item in items]", "return list(items)"),
    "swallows": ("return items[5]", "return items[5] if len(items) > 5 else None"),
    "leaves_argument": ("return sorted(items)", "items.sort(); return list(items)"),
    "lazy": ("return [item + 1 for item in items]", "return (item + 1 for item in items)"),
    "orders": ("return {item: None for item in items}", "return dict.fromkeys(sorted(items))"),
    "signs": ("return [-0.0 for item in items]", "return [0.0 for item in items]"),
    "hides": ("return Table(items)", "return Table(items[:1])"),
    "takes_object": ("return len(table) + 1", "return 1 + len(table)"),
    "hangs": ("return 1", "while True: pass"),
    "unsteady": ("return id(object())", "return 7"),
}
WORKLOAD = f"""\
from pkg import core

def setup(seed):
    return [3, 1, 2]

def workload(state):
    for name in {[name for name in CHANGES if name != "takes_object"]!r}:
        try:
            getattr(core, name)(list(state))
        except IndexError:
            pass
    core.shares(list(state))
    table = core.Table(state)
    return core.takes_object(table), table.longest()
"""


def changed(text: str, names: list[str]) -> str:
    """`text` with each of these functions changed."""
    head, *functions = text.split("\ndef ")
    for at, body in enumerate(functions):
        name = body.split("(")[0]
        if name in names:
            functions[at] = body.replace(*CHANGES[name])
    return "\ndef ".join([head, *functions])


def found_by_function(trial: Trial) -> dict[str, str]:
    """Of each function the difference that is found when it alone is called again."""
    material, shop = material_of(trial), trial.workshop
    found = {}
    with shop.sandbox(trial.against) as base, shop.sandbox(trial.tree) as candidate:
        for function in material.change.functions:
            calls = tuple(material.recording.of(function)[:1])
            alone = replace(material, recording=replace(material.recording, calls=calls))
            sides = {BASE: base, CANDIDATE: candidate}
            one = replay(shop, sides, alone, rng=random.Random(1), seconds=20.0)
            found[function.name] = one.difference or "; ".join([*one.unsure, *one.not_compared])
    return found


def test_each_way_to_differ_is_told_with_the_call_and_both_results(trial_of: MakeTrial) -> None:
    trial = trial_of(BEFORE, changed(BEFORE, list(CHANGES)), files={"bench.py": WORKLOAD})
    found = found_by_function(trial)

    assert (found["same"], found["takes_object"]) == ("", "")
    assert found["swallows"].endswith(
        "(items=[3, 1, 2]): base raised IndexError: list index out of range, the candidate gave None"
    )
    assert "items afterwards" in found["leaves_argument"]
    assert "the candidate gave <generator object" in found["lazy"]
    assert found["orders"].endswith(
        "base gave {1: None, 2: None, 3: None}, the candidate gave {1: None, 2: None, 3: None}"
    ) or ("result" in found["orders"])
    assert found["signs"].endswith("base gave [-0.0, -0.0, -0.0], the candidate gave [0.0, 0.0, 0.0]")
    assert found["hides"].startswith("pkg.core.hides(items=[3, 1, 2]): base gave ")
    assert "no answer in 5 s" in found["hangs"]
    assert found["unsteady"] == "pkg.core.unsteady: base gives two results for one call"


def test_a_result_that_is_handed_out_again_is_found_once_its_owner_empties_it(trial_of: MakeTrial) -> None:
    after = BEFORE.replace(
        "def shares(items):\n    return [item for item in items]",
        "_KEPT = {}\n\ndef shares(items):\n    return _KEPT.setdefault(tuple(items), list(items))",
    )
    result = ReplayGate().check(trial_of(BEFORE, after, files={"bench.py": WORKLOAD}))

    assert not result.passed
    assert result.detail == (
        "pkg.core.shares(items=[3, 1, 2]): base gave [3, 1, 2], the candidate gave [], "
        "once a caller has emptied the result of the same call"
    )


def test_objects_that_are_built_otherwise_are_no_ground_to_reject(trial_of: MakeTrial) -> None:
    after = BEFORE.replace("self._rows = list(rows)", "self._sorted = sorted(rows)")
    after = after.replace("sorted(self._rows)[-1]", "self._sorted[-1]").replace(
        "len(self._rows)", "len(self._sorted)"
    )
    result = ReplayGate().check(trial_of(BEFORE, after, files={"bench.py": WORKLOAD}))

    assert result.passed, result
    assert any("Table.longest" in text for text in result.facts["may_differ"])


def test_the_first_two_calls_of_a_kind_are_recorded_and_not_left_to_chance(trial_of: MakeTrial) -> None:
    names = [f"twice{number}" for number in range(12)]
    before = SLOW + "".join(f"\ndef {name}(items):\n    return items[:1] + []\n" for name in names)
    lines = [f"    core.{name}([{item}, 2])" for name in names for item in (1, 3)]
    tests = "\n".join(["from pkg import core", "def test_twice():", *lines, ""])
    trial = trial_of(before, before.replace(" + []", ""), files={"tests/test_core.py": tests}, tests=PYTEST)
    recording = material_of(trial).recording

    assert [len(recording.of(one)) for one in material_of(trial).change.functions] == [2] * len(names)


def test_functions_that_are_returned_are_told_as_not_compared(trial_of: MakeTrial) -> None:
    before = "def total(items):\n    return lambda: sum(items)\n"
    workload = WORKLOAD[: WORKLOAD.index("    for")] + "    return core.total(state)()\n"
    result = ReplayGate().check(
        trial_of(before, before.replace("sum(", "len("), files={"bench.py": workload})
    )

    assert result.passed
    told = "pkg.core.total.<locals>.<lambda>: what it does when called or awaited"
    assert doubts_of([result]) == [f"not compared (replay gate): {told}"]


def test_calls_that_only_tests_make_are_recorded_too(trial_of: MakeTrial) -> None:
    trial = trial_of(
        SLOW, "def total(items):\n    return sum(items)\n", files={"tests/test_core.py": TESTS}, tests=PYTEST
    )
    result: Any = ReplayGate().check(trial)

    assert result.passed, result
    assert result.facts["calls"] >= 4
    assert result.facts["not_compared"] == []
    kinds = {repr(call.arguments[0].plain) for call in material_of(trial).recording.calls}
    assert repr(["l", [["f", "0x1.0000000000000p-1"], ["i", "1"]]]) in kinds
