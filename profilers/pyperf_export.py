"""Samples in the format of pyperf, for `python -m pyperf compare_to base.pyperf.json candidate.pyperf.json`.

One process of ours is one `Run` of theirs, and a value is seconds a call, in CPU or wall
time, whichever decided. pyperf takes the two files for independent samples: it cannot
know that they were taken in turns, so its test is weaker than the verdict.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyperf

from hotloop.profilers.engines.base import SIDES


def write_suites(samples: Mapping[str, Any], folder: Path, *, name: str, metric: str) -> tuple[Path, ...]:
    """`base.pyperf.json` and `candidate.pyperf.json` in `folder`, replaced if they are there.

    samples: what `Measurement.samples` gave. metric: "cpu" or "wall".
    """
    places = []
    for side in SIDES:
        places.append(folder / f"{side}.pyperf.json")
        suite(samples, side, name=name, metric=metric).dump(str(places[-1]), replace=True)
    return tuple(places)


def suite(samples: Mapping[str, Any], side: str, *, name: str, metric: str) -> pyperf.BenchmarkSuite:
    """One side's processes as a suite of one benchmark."""
    plan = samples["plan"]
    read = f"CPU time of {samples['clock']}, read from outside" if metric == "cpu" else "wall time"
    metadata = {
        "name": "".join(char if char.isprintable() else "?" for char in name).strip()[:100] or "workload",
        "unit": "second",
        "loops": plan["batch"],
        "timer": read,
    }
    runs = [
        pyperf.Run(_values(pair[side]["costs"], plan, metric), metadata=metadata, collect_metadata=False)
        for pair in samples["pairs"]
    ]
    return pyperf.BenchmarkSuite([pyperf.Benchmark(runs)])


def _values(costs: list[dict[str, int]], plan: Mapping[str, Any], metric: str) -> list[float]:
    """Seconds a call; of a fresh process's first one where only that counts. pyperf takes no zero."""
    key = "wall" if metric == "wall" else "call"
    counted = costs[:1] if plan["first_only"] else costs
    return [max(1, cost[key]) / plan["batch"] / 1e9 for cost in counted]
