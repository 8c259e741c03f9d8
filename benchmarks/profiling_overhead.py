"""How much slower a call is while a profiler watches it.

    python benchmarks/profiling_overhead.py [--pairs N] [--profilers NAME,...] [--kinds KIND,...] [--json]

The same calls, with and without, in turns: two live processes, one of them started under
the profiler with the options that Hotloop gives it. Wall time of a call on all cores
(engine `abba`), since a sampler stops its target and works on another core. Trees and
environment are those of `verdict.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from statistics import median

from verdict import FOLDER
from verdict_bench import Bench, print_line

from hotloop.profilers.capture import PROFILERS
from hotloop.profilers.core import reserved_core
from hotloop.profilers.engines.abba import abba
from hotloop.profilers.engines.base import ABBA, BASE, CANDIDATE, Plan
from hotloop.profilers.pyspy import RATE
from hotloop.profilers.pyspy import executable as pyspy
from hotloop.profilers.ratios import interval_of
from hotloop.profilers.workload import Workload

CONFIDENCE = 0.98
PYSPY_LIMIT = 1.05
ROUNDS = {"callgrind": 4}
MOST_ROUNDS = 30
SHIM = """
import os, runpy, sys
os.dup2(3, 1)
del sys.argv[0]
sys.path[0] = os.path.dirname(sys.argv[0])
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@dataclass(frozen=True)
class Row:
    """slowdown: time with the profiler over time without; low, high: its confidence interval."""

    profiler: str
    kind: str
    slowdown: float
    low: float
    high: float
    pairs: int
    call_ms: float


def watched_python(bench: Bench, profiler: str) -> Path:
    """An interpreter that starts under the profiler, which needs to be there for the real one."""
    python, script = bench.python, bench.folder / "watched" / profiler / "python"
    shim = script.with_name("shim.py")
    record = f"{pyspy()} record --format raw --full-filenames --rate {RATE} --output /dev/null"
    command = {
        # py-spy talks on its stdout, which is the pipe that the worker answers on.
        "pyspy": f"{record} -- {python} {shim}",
        "cprofile": f"{python} -m cProfile -o /dev/null",
        "callgrind": f"valgrind --quiet --tool=callgrind --callgrind-out-file=/dev/null {python}",
        "memray": f"{python} -m memray run --quiet --force --trace-python-allocators --output /dev/null",
    }[profiler]
    if profiler == "memray":
        wanted = f"memray=={version('memray')}"
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", wanted], check=True)
    script.parent.mkdir(parents=True, exist_ok=True)
    shim.write_text(SHIM)
    aside = "exec 3>&1 1>&2\n" if profiler == "pyspy" else ""
    script.write_text(f'#!/bin/sh\n{aside}exec {command} "$@"\n')
    script.chmod(0o755)
    return script


def measure(bench: Bench, profiler: str, kind: str, pairs: int) -> Row:
    plain = bench.environment("local", kind == "numeric")
    watched = replace(plain, python=str(watched_python(bench, profiler)))
    backend, tree, workload = bench.backend("local"), bench.tree(kind, 1.0), bench.workload(kind)
    assert isinstance(workload, Workload)
    plan = Plan(batch=1, rounds=ROUNDS.get(profiler, MOST_ROUNDS), engine=ABBA)
    with (
        backend.start(plain, tree, run_id="profiling-overhead") as one,
        backend.start(watched, tree, run_id="profiling-overhead") as other,
        reserved_core(step_aside=False),  # nothing else of Hotloop's measures meanwhile
    ):
        engine = abba({BASE: one, CANDIDATE: other}, workload, random.Random(profiler), varies=True)
        played = [engine.play(plan) for _ in range(pairs)]
    # Above 1: the profiled call takes longer.
    logs = [-median(pair.log_ratios("wall")) for pair in played]
    found = interval_of(logs, CONFIDENCE)
    call = median(cost.wall for pair in played for cost in pair.tracks[BASE].costs)
    return Row(profiler, kind, found.ratio, found.low, found.high, len(played), call / 1e6)


def table(rows: list[Row]) -> str:
    head = f"{'profiler':11}{'workload':13}{'slowdown':>9}  {'98 % interval':18}{'pairs':>6}  {'call':>9}"
    body = [
        f"{row.profiler:11}{row.kind:13}{row.slowdown:9.3f}  [{row.low:.3f}, {row.high:.3f}]".ljust(53)
        + f"{row.pairs:6}  {row.call_ms:6.1f} ms"
        for row in rows
    ]
    worst = max((row.slowdown for row in rows if row.profiler == "pyspy"), default=None)
    told = [] if worst is None else [f"py-spy at most {worst:.3f} (wanted: {PYSPY_LIMIT})"]
    return "\n".join([head, *body, *told, f"load average {os.getloadavg()[0]:.1f}"])


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="How much slower a call is while it is profiled.")
    parser.add_argument(
        "--pairs", type=int, default=10, help="process pairs, each a median of up to 30 calls"
    )
    parser.add_argument("--profilers", default=",".join(PROFILERS), help="which, with commas")
    parser.add_argument("--kinds", default="interpreter,allocation,numeric", help="workloads of verdict.py")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="that of verdict.py")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    options = parser.parse_args(arguments)
    bench, rows = Bench(options.folder), []
    for profiler in options.profilers.split(","):
        for kind in options.kinds.split(","):
            rows.append(measure(bench, profiler, kind, options.pairs))
            print_line(f"{profiler} {kind}: {rows[-1].slowdown:.3f}")
    shown = {"schema_version": 1, "confidence": CONFIDENCE, "rows": [asdict(row) for row in rows]}
    print(json.dumps(shown) if options.json else table(rows))  # noqa: T201  (its output)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
