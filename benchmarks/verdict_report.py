"""From the records of the verdict benchmark to its tables. Measures nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from statistics import median
from typing import Any

from binomial import clopper_pearson
from verdict_replay import log_medians, mean_and_error, replay

Record = dict[str, Any]
Key = tuple[str, str, bool, float]

COMPARED = ("hotloop", "pyperf", "sequential")
OUTCOMES = ("faster", "not_faster", "inconclusive")
CALL = 1.05
"""The rule usual with sequential timing: a difference of more than 5 per cent is a gain."""


def report(records: Sequence[Record]) -> dict[str, Any]:
    """All figures as JSON. Shares are {found, of, share, low, high}, exact at 95 %."""
    truths = truth_of(records)
    return {
        "schema_version": 1,
        "comparisons": dict(Counter(record["method"] for record in records)),
        "commits": sorted({record["commit"] for record in records}),
        "sandboxes": sorted({record["sandbox"] for record in records}),
        "rules": {
            "hotloop": "min_speedup 1.00, confidence 0.98, until sure or out of time",
            "pyperf": "defaults, then the significance test of compare_to",
            "sequential": f"least of 5 repeats of 0.2 s, base then candidate; faster above {CALL}",
        },
        "truth": [
            {"kind": kind, "ratio": ratio, "measured": value, "relative_error": error, "pairs": pairs}
            for (kind, ratio), (value, error, pairs) in sorted(truths.items())
        ],
        "cells": [_row(key, rows, truths) for key, rows in sorted(_cells(records).items())],
        "summary": summary(records, truths),
    }


def truth_of(records: Iterable[Record]) -> dict[tuple[str, float], tuple[float, float, int]]:
    """By kind and injected ratio: the long run's ratio, its relative error, its pairs. Same code is 1."""
    values: dict[tuple[str, float], list[float]] = defaultdict(list)
    kinds = set()
    for record in records:
        kinds.add(record["kind"])
        if record["method"] == "truth":
            values[record["kind"], record["ratio"]] += log_medians(record["samples"])
    found = {key: (*mean_and_error(logs), len(logs)) for key, logs in values.items()}
    return found | {(kind, 1.0): (1.0, 0.0, 0) for kind in kinds}


def outcome(record: Record) -> str:
    if record["method"] == "sequential":
        return "faster" if record["estimate"] > CALL else "not_faster"
    return str(record["outcome"])


def share(found: int, of: int) -> dict[str, float]:
    low, high = clopper_pearson(found, of)
    return {"found": found, "of": of, "share": found / of if of else 0.0, "low": low, "high": high}


def _cells(records: Iterable[Record]) -> dict[Key, list[Record]]:
    cells: dict[Key, list[Record]] = defaultdict(list)
    for record in records:
        if record["method"] in COMPARED:
            cells[record["method"], record["kind"], record["neighbour"], record["ratio"]].append(record)
    return cells


def _row(
    key: Key, rows: list[Record], truths: dict[tuple[str, float], tuple[float, float, int]]
) -> dict[str, Any]:
    method, kind, neighbour, ratio = key
    outcomes = Counter(outcome(record) for record in rows)
    return {
        "method": method,
        "kind": kind,
        "neighbour": neighbour,
        "ratio": ratio,
        "comparisons": len(rows),
        **{name: share(outcomes[name], len(rows)) for name in OUTCOMES},
        "median_seconds": median(record["seconds"] for record in rows),
        "median_estimate": median(record["estimate"] for record in rows),
        "coverage": coverage(rows, truths) if method == "hotloop" else None,
    }


def coverage(
    rows: Iterable[Record], truths: dict[tuple[str, float], tuple[float, float, int]]
) -> dict[str, float]:
    """How often the interval held the measured truth, where that was measured."""
    held = [
        record["low"] <= truths[record["kind"], record["ratio"]][0] <= record["high"]
        for record in rows
        if (record["kind"], record["ratio"]) in truths
    ]
    return share(sum(held), len(held))


def summary(
    records: Sequence[Record], truths: dict[tuple[str, float], tuple[float, float, int]]
) -> dict[str, Any]:
    """What must be reached, beside what was."""
    null = [name for record in records if record["method"] == "null" for name in replay(record["samples"])]
    ours = [record for record in records if record["method"] == "hotloop"]
    fresh = [outcome(record) for record in ours if record["ratio"] == 1.0]
    told = {
        "false_faster": share((null + fresh).count("faster"), len(null + fresh)),
        "false_faster_fresh": share(fresh.count("faster"), len(fresh)),
        "false_faster_replayed": share(null.count("faster"), len(null)),
        "coverage": coverage(ours, truths),
    }
    for ratio in (1.05, 1.20):
        rows = [record for record in ours if record["ratio"] == ratio]
        told[f"found_{ratio:.2f}"] = share(sum(outcome(row) == "faster" for row in rows), len(rows))
        told[f"time_of_pyperf_{ratio:.2f}"] = time_share(records, ratio)
    for method in COMPARED[1:]:
        same = [outcome(row) for row in records if row["method"] == method and row["ratio"] == 1.0]
        told[f"{method}_false_faster"] = share(same.count("faster"), len(same))
        gain = [outcome(row) for row in records if row["method"] == method and row["ratio"] == 1.05]
        told[f"{method}_found_1.05"] = share(gain.count("faster"), len(gain))
    return told


def time_share(records: Iterable[Record], ratio: float) -> dict[str, float | None]:
    """Median seconds at this ratio, ours over pyperf's, over the kinds that both have."""
    seconds: dict[tuple[str, bool, str], list[float]] = defaultdict(list)
    for record in records:
        if record["ratio"] == ratio and record["sandbox"] == "local":
            seconds[record["method"], record["neighbour"], record["kind"]].append(record["seconds"])

    def of(neighbour: bool) -> float | None:
        kinds = {kind for method, noisy, kind in seconds if method == "pyperf" and noisy is neighbour}
        both = [kind for kind in sorted(kinds) if ("hotloop", neighbour, kind) in seconds]
        if not both:
            return None
        ours, theirs = (
            median(value for kind in both for value in seconds[method, neighbour, kind])
            for method in ("hotloop", "pyperf")
        )
        return ours / theirs

    return {"quiet": of(False), "neighbour": of(True)}


def table(figures: dict[str, Any]) -> str:
    lines = [_head(figures), "", _cells_table(figures["cells"]), "", *_summary_lines(figures["summary"]), ""]
    lines += [f"{method}: {rule}" for method, rule in figures["rules"].items()]
    lines += [
        f"truth of {row['kind']} {row['ratio']:.2f}: {row['measured']:.4f} "
        f"(error {row['relative_error']:.2%}, {row['pairs']} process pairs)"
        for row in figures["truth"]
        if row["pairs"]
    ]
    return "\n".join(lines)


def _head(figures: dict[str, Any]) -> str:
    counts = ", ".join(f"{method} {count}" for method, count in sorted(figures["comparisons"].items()))
    return f"Comparisons: {counts}. Commits: {', '.join(figures['commits'])}. " + (
        f"Sandboxes: {', '.join(figures['sandboxes'])}. Shares are per cent with exact 95 % intervals."
    )


COLUMNS: tuple[tuple[str, int, Callable[[dict[str, Any]], str]], ...] = (
    ("kind", 12, lambda row: row["kind"]),
    ("core", 6, lambda row: "busy" if row["neighbour"] else "quiet"),
    ("true", 5, lambda row: f"{row['ratio']:.2f}"),
    ("method", 11, lambda row: row["method"]),
    ("n", 4, lambda row: str(row["comparisons"])),
    ("faster", 14, lambda row: percent(row["faster"])),
    ("not faster", 14, lambda row: percent(row["not_faster"])),
    ("inconclusive", 14, lambda row: percent(row["inconclusive"])),
    ("seconds", 8, lambda row: f"{row['median_seconds']:.1f}"),
    ("said", 7, lambda row: f"{row['median_estimate']:.3f}"),
    ("coverage", 14, lambda row: percent(row["coverage"]) if row["coverage"] else "-"),
)


def _cells_table(rows: list[dict[str, Any]]) -> str:
    ordered = sorted(rows, key=lambda row: (row["kind"], row["neighbour"], row["ratio"], row["method"]))
    body = ["".join(f"{cell(row):<{width + 1}}" for _, width, cell in COLUMNS).rstrip() for row in ordered]
    return "\n".join(["".join(f"{name:<{width + 1}}" for name, width, _ in COLUMNS).rstrip(), *body])


def percent(value: dict[str, float], places: int = 0) -> str:
    if not value["of"]:
        return "-"
    shares = (f"{100 * value[name]:.{places}f}" for name in ("share", "low", "high"))
    return "{} [{}, {}]".format(*shares)


def _summary_lines(told: dict[str, Any]) -> list[str]:
    def line(name: str, key: str) -> str:
        value = told[key]
        return f"{name}: {value['found']} of {value['of']} = {percent(value, 1)} %"

    def times(ratio: str) -> str:
        words = (
            f"{name} {value:.3f}"
            for name, value in told[f"time_of_pyperf_{ratio}"].items()
            if value is not None
        )
        return ", ".join(words) or "no pyperf yet"

    return [
        line("hotloop, false faster at 1.00 (at most 1 % wanted)", "false_faster"),
        line("  fresh comparisons", "false_faster_fresh"),
        line("  disjoint blocks of stored process pairs", "false_faster_replayed"),
        line("hotloop, true 5 % found (95 % wanted)", "found_1.05"),
        f"  of pyperf's median time (0.200 wanted): {times('1.05')}",
        line("hotloop, true 20 % found", "found_1.20"),
        f"  of pyperf's median time (0.050 wanted): {times('1.20')}",
        line("hotloop, interval held the truth (94 % wanted)", "coverage"),
        line("pyperf, false faster at 1.00", "pyperf_false_faster"),
        line("pyperf, true 5 % found", "pyperf_found_1.05"),
        line("sequential, false faster at 1.00", "sequential_false_faster"),
        line("sequential, true 5 % found", "sequential_found_1.05"),
    ]
