"""Three ways to a verdict on the same trees, and the long runs that give the truth.

All are pinned to the measuring core: on a machine whose every core is busy, none could
move away from its neighbours.

- hotloop: `profilers.compare.compare`, as `hotloop compare` calls it.
- pyperf: its defaults, a script for base, then one for the candidate, then the significance
  test of `pyperf compare_to`.
- sequential: five repeats of at least 0.2 s of base, then of the candidate, least time of each.
- truth, null: process pairs at a stretch, which no verdict ends.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyperf
from verdict_bench import COMMAND, Bench, Cell
from verdict_neighbour import neighbours

from hotloop.profilers.compare import Measurement, MeasureSettings, compare
from hotloop.profilers.core import measuring_core, reserved_core

REPEATS, REPEAT_SECONDS = 5, 0.2
STRETCH_SECONDS = 40.0
STRETCH_CONFIDENCE = 1 - 1e-9
"""Whether the ratio is above the one asked for is not decided at this confidence, so all of the time
is measured."""

Result = dict[str, Any]
Method = Callable[[Bench, Cell, float], Result]


def hotloop(bench: Bench, cell: Cell, seconds: float) -> Result:
    """min_speedup 1.00 and the default confidence."""
    measured, started = measure(bench, cell, confidence=0.98, seconds=seconds, min_speedup=1.0)
    verdict = measured.verdict
    if verdict.differs is not None:
        raise RuntimeError(f"{cell}: {verdict.differs}")
    return {
        "outcome": verdict.outcome.value,
        "estimate": verdict.ratio,
        "low": verdict.low,
        "high": verdict.high,
        "pairs": verdict.pairs,
        "engine": verdict.engine,
        "metric": verdict.metric,
        "clock": verdict.clock,
        "seconds": started + verdict.seconds,
    }


def stretch(bench: Bench, cell: Cell, seconds: float) -> Result:
    """The samples themselves."""
    measured, started = measure(
        bench, cell, confidence=STRETCH_CONFIDENCE, seconds=STRETCH_SECONDS, min_speedup=cell.ratio
    )
    verdict = measured.verdict
    return {"samples": measured.samples(), "seconds": started + verdict.seconds, "estimate": verdict.ratio}


def measure(
    bench: Bench, cell: Cell, *, confidence: float, seconds: float, min_speedup: float
) -> tuple[Measurement, float]:
    """A measurement, and the seconds that its sandboxes took to start."""
    settings = MeasureSettings(
        min_speedup=min_speedup,
        confidence=confidence,
        max_seconds=seconds,
        max_regression=1.5,
        varies=True,
        seed=random.randrange(1 << 31),
    )
    backend = bench.backend(cell.sandbox)
    environment = bench.environment(cell.sandbox, cell.kind == "numeric")
    trees = [bench.tree(cell.kind, ratio) for ratio in (cell.ratio, 1.0)]
    if cell.ratio == 1.0:
        trees[0] = bench.twin(trees[1])
    with reserved_core():  # neighbours must not disturb what another run is measuring
        core = measuring_core()
    begun = time.monotonic()
    with (
        backend.start(environment, trees[0], run_id="verdict-benchmark") as base,
        backend.start(environment, trees[1], run_id="verdict-benchmark") as candidate,
        neighbours(core, cell.neighbour),
    ):
        started = time.monotonic() - begun
        return compare(base, candidate, bench.workload(cell.kind), settings), started


def peers(run: Callable[[Bench, Cell, int, Path], Result]) -> Method:
    """A method of others on the reserved core, timed."""

    def timed(bench: Bench, cell: Cell, seconds: float) -> Result:
        with on_core(cell) as core, tempfile.TemporaryDirectory(prefix="verdict-") as place:
            begun = time.monotonic()
            result = run(bench, cell, core, Path(place))
            return {**result, "seconds": time.monotonic() - begun}

    return timed


@contextmanager
def on_core(cell: Cell) -> Iterator[int]:
    with reserved_core() as core, neighbours(core, cell.neighbour):
        yield core


PYPERF_SCRIPT = """
import sys
sys.path.insert(0, {tree!r})
import pyperf
from bench import setup, workload
pyperf.Runner().bench_func("workload", workload, setup(1))
"""


def pyperf_defaults(bench: Bench, cell: Cell, core: int, place: Path) -> Result:
    files = []
    for side, ratio in (("base", cell.ratio), ("candidate", 1.0)):
        tree, script, file = bench.tree(cell.kind, ratio), place / f"{side}.py", place / f"{side}.json"
        if cell.kind == "command":
            # pyperf names a benchmark by its command; both run in their tree's folder.
            command = ["-m", "pyperf", "command", "--name", "workload", "--output", str(file), "--"]
            command += [str(bench.python), *COMMAND]
        else:
            script.write_text(PYPERF_SCRIPT.format(tree=str(tree)))
            command = [str(script), "--quiet", "--output", str(file)]
        pinned(core, [str(bench.python), *command], tree)
        files.append(file)
    told = pinned(core, [str(bench.python), "-m", "pyperf", "compare_to", "-v", *map(str, files)], place)
    means = [pyperf.BenchmarkSuite.load(str(file)).get_benchmark("workload").mean() for file in files]
    return {"outcome": pyperf_outcome(told, means), "estimate": means[0] / means[1]}


def pyperf_outcome(told: str, means: Sequence[float]) -> str:
    if "not significant" in told.lower():
        return "inconclusive"
    if "faster" in told or "slower" in told or "no change" in told:
        return "faster" if means[0] > means[1] else "not_faster"
    raise RuntimeError(f"pyperf compare_to said: {told[:300]}")


SEQUENTIAL_SCRIPT = """
import json, sys, timeit
sys.path.insert(0, {tree!r})
from bench import setup, workload
state = setup(1)
timer, number = timeit.Timer(lambda: workload(state)), 1
while timer.timeit(number) < {seconds}:
    number *= 2
print(json.dumps(min(timer.repeat({repeats}, number)) / number))
"""


def sequential(bench: Bench, cell: Cell, core: int, place: Path) -> Result:
    times = []
    for ratio in (cell.ratio, 1.0):
        tree = bench.tree(cell.kind, ratio)
        if cell.kind == "command":
            times.append(least_of_command(bench, core, tree))
            continue
        script = SEQUENTIAL_SCRIPT.format(tree=str(tree), seconds=REPEAT_SECONDS, repeats=REPEATS)
        times.append(json.loads(pinned(core, [str(bench.python), "-c", script], tree)))
    return {"estimate": times[0] / times[1]}


def least_of_command(bench: Bench, core: int, tree: Path) -> float:
    """Five repeats of at least 0.2 s, as for a call; wall time."""
    times = []
    while len(times) < REPEATS:
        begun, runs = time.perf_counter(), 0
        while runs == 0 or time.perf_counter() - begun < REPEAT_SECONDS:
            pinned(core, [str(bench.python), *COMMAND], tree)
            runs += 1
        times.append((time.perf_counter() - begun) / runs)
    return min(times)


def pinned(core: int, command: list[str], folder: Path) -> str:
    """Its output. Raises CalledProcessError."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        ["taskset", "-c", str(core), *command],
        cwd=folder, env=environment, stdout=subprocess.PIPE, check=True, text=True,
    ).stdout  # fmt: skip


METHODS: dict[str, Method] = {
    "hotloop": hotloop,
    "pyperf": peers(pyperf_defaults),
    "sequential": peers(sequential),
    "truth": stretch,
    "null": stretch,
}
