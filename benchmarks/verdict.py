"""How often a verdict is right, and how long it takes: Hotloop, pyperf and sequential timing.

    python benchmarks/verdict.py --minutes M [--sandbox docker] [--only WORD]... [--folder DIR]
    python benchmarks/verdict.py --report [--json] [--folder DIR]

Trees with a known ratio on four kinds of workload, on a quiet core and beside neighbours
that the benchmark itself starts there. Every comparison is kept as it ends, in
`comparisons.jsonl`; a later sitting goes on with the cells that have least, so that a part
of the whole is balanced too. The truth of a ratio is measured by long paired runs.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from verdict_bench import KINDS, RATIOS, Bench, Cell, machine, print_line
from verdict_methods import METHODS
from verdict_report import report, table

FOLDER = Path.home() / ".cache" / "hotloop-verdict-benchmark"
MAX_SECONDS = 40.0
WANTED = {"hotloop": 20, "pyperf": 5, "sequential": 20, "truth": 2, "null": 12}
WANTED_SAME_CODE = 38
"""Comparisons a cell, in proportion; cells at a ratio of one pool to over 300 for Hotloop."""


def cells(sandbox: str) -> list[Cell]:
    """Long runs for the truth need no neighbours; pyperf and sequential timing use no sandbox."""
    found = []
    for method in METHODS if sandbox == "local" else ("hotloop", "truth", "null"):
        for kind in KINDS:
            for ratio in RATIOS:
                for neighbour in (False, True):
                    same = ratio == 1.0
                    unused = (method == "truth" and (same or neighbour)) or (method == "null" and not same)
                    if not unused:
                        found.append(Cell(method, kind, ratio, neighbour, sandbox))
    return found


def wanted(cell: Cell) -> int:
    if cell.method == "hotloop" and cell.ratio == 1.0:
        return WANTED_SAME_CODE
    return WANTED[cell.method]


def next_cell(all_cells: list[Cell], done: Counter[Cell]) -> Cell:
    """The one that is furthest behind what is wanted of it: any part of the whole is in proportion."""
    return min(all_cells, key=lambda cell: (done[cell] + 0.5) / wanted(cell))


def cell_of(record: dict[str, Any]) -> Cell:
    return Cell(*(record[name] for name in ("method", "kind", "ratio", "neighbour", "sandbox")))


def read(file: Path) -> list[dict[str, Any]]:
    """All whole records: a sitting that was killed may have left half a line at the end."""
    if not file.is_file():
        return []
    lines = file.read_text("utf-8").splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]


def sit(bench: Bench, file: Path, some: list[Cell], options: argparse.Namespace) -> None:
    """Compare until the minutes are over; the last comparison is finished."""
    done = Counter(cell_of(record) for record in read(file))
    facts, end = machine(), time.monotonic() + 60 * options.minutes
    while time.monotonic() < end:
        cell = next_cell(some, done)
        load = os.getloadavg()[0]
        result = METHODS[cell.method](bench, cell, options.max_seconds)
        record = {"schema_version": 1, **vars(cell), **result, "load": load, "at": time.time(), **facts}
        append(file, record)
        done[cell] += 1
        told = f"{result.get('outcome', '')} {result['estimate']:.4f}, {result['seconds']:.1f} s"
        print_line(f"{cell}: {told}, load {load:.1f}")


def append(file: Path, record: dict[str, Any]) -> None:
    """One whole line, on disk; half a line that a killed sitting left is ended first."""
    with file.open("ab+") as stream:
        if stream.tell():
            stream.seek(-1, os.SEEK_END)
            if stream.read(1) != b"\n":
                stream.truncate(file.read_bytes().rfind(b"\n") + 1)
        stream.write(json.dumps(record).encode() + b"\n")
        stream.flush()
        os.fsync(stream.fileno())


def chosen(options: argparse.Namespace) -> list[Cell]:
    some = cells(options.sandbox)
    for words in options.only:
        some = [cell for cell in some if any(word in str(cell).split() for word in words.split(","))]
    random.Random(0).shuffle(some)  # so that neither a kind nor a ratio has the first hour to itself
    return some


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="How often a verdict is right, and how long it takes.")
    parser.add_argument("--minutes", type=float, default=5.0, help="length of this sitting")
    parser.add_argument("--max-seconds", type=float, default=MAX_SECONDS, help="most for one of ours")
    parser.add_argument("--sandbox", choices=("local", "docker"), default="local")
    parser.add_argument(
        "--only", action="append", default=[], help="cells with one of these words: pyperf,null or quiet"
    )
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--report", action="store_true", help="print the tables; measure nothing")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    options = parser.parse_args(arguments)
    file = options.folder / "comparisons.jsonl"
    if not options.report:
        some = chosen(options)
        if not some:
            parser.error("no cell has all these words")
        sit(Bench(options.folder), file, some, options)
    records = [record for record in read(file) if record["sandbox"] == options.sandbox]
    if not records:
        print_line(f"nothing was measured yet in {file}")
        return 2
    figures = report(records)
    print(json.dumps(figures) if options.json else table(figures))  # noqa: T201  (its output)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
