from __future__ import annotations

import json
import os
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from verdict import append, cell_of, cells, next_cell, read, wanted
from verdict_bench import KINDS, RATIOS, UNITS, Bench, Cell
from verdict_methods import pyperf_outcome
from verdict_neighbour import DUTIES, neighbours
from verdict_replay import BLOCK, replay
from verdict_report import report, table

from hotloop.profilers.core import measuring_core
from hotloop.profilers.engines.base import SIDES, Cost, Plan, Track


def record(method: str, ratio: float, **fields: Any) -> dict[str, Any]:
    known = {"kind": "interpreter", "neighbour": False, "sandbox": "local", "commit": "abc", "seconds": 5.0}
    return {"method": method, "ratio": ratio, "estimate": ratio, "outcome": "inconclusive", **known, **fields}


def samples(ratio: float, pairs: int, wobble: float = 0.001) -> dict[str, Any]:
    """As `Measurement.samples()`: base takes `ratio` times as long, a little more in every other pair."""

    def track(call: float) -> dict[str, Any]:
        costs = [Cost(setup=0, call=int(call), digest=0, idle=0, wall=int(call))] * 6
        return asdict(Track(load=1_000_000, costs=costs, peak_memory=1 << 20))

    rows = [
        {
            "base": track(1e7 * ratio * (1 + (wobble if number % 2 else -wobble))),
            "candidate": track(1e7),
        }
        for number in range(pairs)
    ]
    assert set(rows[0]) == set(SIDES)
    return {"plan": asdict(Plan(batch=1, rounds=6)), "clock": "process", "pairs": rows}


def test_every_kind_ratio_and_noise_has_a_cell_for_each_method() -> None:
    found = Counter(cell.method for cell in cells("local"))

    whole = len(KINDS) * len(RATIOS) * 2
    assert found == {
        "hotloop": whole,
        "pyperf": whole,
        "sequential": whole,
        "truth": len(KINDS) * (len(RATIOS) - 1),
        "null": len(KINDS) * 2,
    }
    assert {cell.method for cell in cells("docker")} == {"hotloop", "truth", "null"}


def test_a_part_of_the_whole_is_in_proportion() -> None:
    some, done = cells("local"), Counter[Cell]()
    for _ in range(sum(map(wanted, some)) // 2):
        done[next_cell(some, done)] += 1

    for cell in some:
        assert abs(done[cell] - wanted(cell) / 2) <= 1, cell


def test_a_sitting_goes_on_after_one_that_was_killed_in_the_middle_of_a_line(tmp_path: Path) -> None:
    file = tmp_path / "comparisons.jsonl"
    append(file, record("hotloop", 1.0))
    with file.open("a") as stream:
        stream.write('{"method": "hotl')

    assert len(read(file)) == 1
    append(file, record("pyperf", 1.05))
    assert [cell_of(row).method for row in read(file)] == ["hotloop", "pyperf"]


def test_the_knob_sets_the_work_of_base(tmp_path: Path) -> None:
    bench = Bench(tmp_path)

    assert f"UNITS = {UNITS}\n" in (bench.tree("interpreter", 1.0) / "work" / "knob.py").read_text()
    assert f"UNITS = {UNITS * 6 // 5}\n" in (bench.tree("interpreter", 1.2) / "work" / "knob.py").read_text()


@pytest.mark.parametrize(
    ("told", "means", "outcome"),
    [
        ("[base] 1.05 ms -> [candidate] 1.00 ms: 1.05x faster\nSignificant (t=9)", (1.05, 1.0), "faster"),
        ("[base] 1.00 ms -> [candidate] 1.05 ms: 1.05x slower\nSignificant", (1.0, 1.05), "not_faster"),
        ("[base] 1 ms -> [candidate] 1 ms: 1.00x faster\nNot significant!", (1.0, 0.999), "inconclusive"),
        ("Benchmark hidden because not significant (1): workload", (1.0, 0.999), "inconclusive"),
    ],
)
def test_what_pyperf_says_is_read(told: str, means: tuple[float, float], outcome: str) -> None:
    assert pyperf_outcome(told, means) == outcome


def test_words_of_pyperf_that_are_no_verdict_are_an_error() -> None:
    with pytest.raises(RuntimeError, match="nonsense"):
        pyperf_outcome("nonsense", (1.0, 1.0))


def test_stored_pairs_are_replayed_in_disjoint_blocks() -> None:
    assert replay(samples(1.0, 2 * BLOCK + 3)) == ["inconclusive"] * 2
    assert replay(samples(1.05, BLOCK)) == ["faster"]
    assert replay(samples(0.95, BLOCK)) == ["not_faster"]


def test_the_report_counts_errors_finds_and_coverage() -> None:
    records = [
        record("truth", 1.05, samples=samples(1.05, 30)),
        record("null", 1.0, samples=samples(1.0, 2 * BLOCK)),
        *[record("hotloop", 1.0, low=0.99, high=1.01)] * 3,
        record("hotloop", 1.0, outcome="faster", low=1.001, high=1.02),
        *[record("hotloop", 1.05, outcome="faster", low=1.04, high=1.06, seconds=6.0)] * 2,
        *[record("pyperf", 1.05, outcome="faster", seconds=40.0)] * 2,
        record("sequential", 1.0, estimate=1.051),
        record("sequential", 1.05, estimate=1.049),
    ]
    told = report(records)
    figures = told["summary"]

    assert (figures["false_faster"]["found"], figures["false_faster"]["of"]) == (1, 6)
    assert figures["false_faster_replayed"]["of"] == 2
    assert (figures["found_1.05"]["found"], figures["found_1.05"]["of"]) == (2, 2)
    assert figures["time_of_pyperf_1.05"] == {"quiet": 0.15, "neighbour": None}
    assert (figures["coverage"]["found"], figures["coverage"]["of"]) == (5, 6)
    assert figures["sequential_false_faster"]["found"] == 1
    assert figures["sequential_found_1.05"]["found"] == 0
    assert told["truth"][1]["measured"] == pytest.approx(1.05, rel=1e-3)
    assert len(told["cells"]) == 5
    json.dumps(told)
    assert "hotloop, false faster at 1.00 (at most 1 % wanted): 1 of 6" in table(told)


def test_coverage_is_not_claimed_where_the_truth_was_not_measured() -> None:
    told = report([record("hotloop", 1.2, outcome="faster", low=1.19, high=1.21)])

    assert told["summary"]["coverage"]["of"] == 0
    assert told["summary"]["time_of_pyperf_1.20"] == {"quiet": None, "neighbour": None}


def test_neighbours_live_on_the_measuring_core_and_end_with_the_block() -> None:
    core = measuring_core()
    before = set(children())
    with neighbours(core, present=True):
        time.sleep(0.3)
        found = set(children()) - before
        assert len(found) == len(DUTIES)
        assert all(os.sched_getaffinity(pid) == {core} for pid in found)
    assert set(children()) - before == set()


def test_a_quiet_cell_has_no_neighbours() -> None:
    before = set(children())
    with neighbours(measuring_core(), present=False):
        assert set(children()) == before


def children() -> list[int]:
    return [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]
