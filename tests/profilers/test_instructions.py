from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath

import pytest

from hotloop.profilers import instructions
from hotloop.profilers.command import CommandWorkload
from hotloop.profilers.engines.base import BASE, CANDIDATE
from hotloop.profilers.instructions import (
    CALLGRIND,
    PERF,
    Uncountable,
    callgrind_count,
    count_instructions,
    find_counter,
    perf_count,
    summed_up,
    with_instructions,
)
from hotloop.profilers.verdict import Verdict
from hotloop.profilers.workload import Workload
from hotloop.sandboxes.base import Sandbox

MakeSandbox = Callable[[dict[str, str]], Sandbox]
MakeWorkload = Callable[..., Workload]

CALLS = """
from pkg.core import total
def setup(seed):
    return list(range(seed % 7, 4000))
def workload(state):
    return total(state)
"""
ONCE = "def total(numbers):\n    return sum([number % 7 for number in numbers])\n"
TWICE = (
    "def total(numbers):\n    sum([number % 7 for number in numbers])\n"
    + "    return sum([n % 7 for n in numbers])\n"
)
COUNT_LOG = "==12== Events    : Ir\n==12== Collected : 100\n==12== \n==12== Collected : 27672232\n==12== \n"


@pytest.fixture
def callgrind_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One repeat: a run takes seconds under callgrind."""
    monkeypatch.setattr(instructions, "REPEATS", 1)
    monkeypatch.setattr(instructions, "COUNTED_NS", 1e6)


def test_callgrinds_last_total_is_taken() -> None:
    assert callgrind_count(COUNT_LOG) == 27672232
    assert callgrind_count("==12== Command: python\nCollected : 5\n") is None


def test_a_counter_that_perf_cannot_read_is_no_count() -> None:
    assert perf_count("# started on Mon\n\n13245678,,instructions:u,2000000,100.00,,\n") == 13245678
    assert perf_count("<not supported>,,instructions:u,0,100.00,,\n") is None
    assert perf_count("<not counted>,,instructions:u,0,0.00,,\n") is None


def test_the_extremes_of_the_repeats_are_told() -> None:
    found = summed_up({BASE: [200.0, 220.0, 210.0], CANDIDATE: [100.0, 100.0, 100.0]}, "callgrind", 4, True)

    assert (found.low, found.high) == (pytest.approx(2.0), pytest.approx(2.2))
    assert found.low < found.ratio < found.high
    assert (found.base, found.candidate, found.repeats) == (210.0, 100.0, 3)


def test_work_done_twice_takes_twice_the_instructions(
    sandbox_of: MakeSandbox, workload_of: MakeWorkload, some_verdict: Verdict, callgrind_once: None
) -> None:
    sandboxes = {BASE: sandbox_of({"pkg/core.py": TWICE}), CANDIDATE: sandbox_of({"pkg/core.py": ONCE})}
    found = with_instructions(some_verdict, sandboxes, workload_of(CALLS), 1)

    assert found.instructions is not None, found.notes
    assert found.instructions.source in {"callgrind", "perf"}
    assert 1.8 < found.instructions.ratio < 2.2
    assert found.instructions.base > 4000
    assert found.model_copy(update={"instructions": None}) == some_verdict


def test_instructions_of_equal_code_are_equal(
    sandbox_of: MakeSandbox, workload_of: MakeWorkload, callgrind_once: None
) -> None:
    sandboxes = {side: sandbox_of({"pkg/core.py": ONCE}) for side in (BASE, CANDIDATE)}
    found = count_instructions(sandboxes, workload_of(CALLS), call_ns=1e6, seed=3)

    assert found.ratio == pytest.approx(1.0, abs=0.002)


def test_a_workload_that_breaks_while_counted_is_uncountable(
    sandbox_of: MakeSandbox, workload_of: MakeWorkload, callgrind_once: None
) -> None:
    broken = workload_of("def workload():\n    raise ValueError('no such thing')\n")
    sandboxes = {side: sandbox_of({}) for side in (BASE, CANDIDATE)}
    with pytest.raises(Uncountable, match="no such thing"):
        count_instructions(sandboxes, broken, call_ns=1e6, seed=3)


def test_where_nothing_counts_the_reasons_are_told(
    sandbox_of: MakeSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for counter in (PERF, CALLGRIND):
        absent = instructions.Counter(counter.source, lambda file: ["/nonexistent/counter"], counter.parse)
        monkeypatch.setattr(instructions, counter.source.upper(), absent)
    with pytest.raises(Uncountable, match=r"perf: .*; callgrind: "):
        find_counter(sandbox_of({}))


def test_a_command_is_not_counted_and_the_verdict_says_so(
    sandbox_of: MakeSandbox, some_verdict: Verdict
) -> None:
    sandboxes = {BASE: sandbox_of({}), CANDIDATE: sandbox_of({})}
    told = with_instructions(some_verdict, sandboxes, CommandWorkload("true", PurePosixPath()), 1)

    assert told.instructions is None
    assert "instructions are unavailable: only calls of a workload file are counted" in told.notes
