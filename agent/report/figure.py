"""The interval plot of the HTML report: every measured candidate on one axis of ratios."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hotloop.agent.report import numbers
from hotloop.agent.result import RunRecord
from hotloop.profilers.verdict import Interval, Verdict

WIDTH = 640
_LEFT, _RIGHT, _ROW, _TOP = 150, 30, 30, 16
_MOST_ROWS = 24


@dataclass(frozen=True)
class Row:
    """One interval in pixels. `kind`: noise, candidate or published."""

    label: str
    kind: str
    text: str
    y: float
    low: float
    mid: float
    high: float


@dataclass(frozen=True)
class Tick:
    x: float
    label: str


@dataclass(frozen=True)
class Plot:
    width: int
    height: float
    rows: list[Row]
    ticks: list[Tick]
    one: float
    wanted: float | None


def interval_plot(record: RunRecord) -> Plot | None:
    """None when nothing was measured."""
    named = _intervals(record)
    if not named:
        return None
    wanted = record.verdict.min_speedup if record.verdict else None
    low, high = _range([one for _, _, one in named], wanted)

    def x(value: float) -> float:
        share = (min(max(value, low), high) - low) / (high - low)
        return round(_LEFT + share * (WIDTH - _LEFT - _RIGHT), 1)

    rows = [
        Row(
            label,
            kind,
            numbers.span(one),
            _TOP + _ROW * (index + 0.5),
            x(one.low),
            x(one.ratio),
            x(one.high),
        )
        for index, (label, kind, one) in enumerate(named)
    ]
    marks = [low + (high - low) * part / 4 for part in range(5)]
    return Plot(
        width=WIDTH,
        height=_TOP + _ROW * len(rows) + 28,
        rows=rows,
        ticks=[Tick(x(mark), f"{mark:.2f}×") for mark in marks],
        one=x(1.0),
        wanted=x(wanted) if wanted is not None and wanted != 1.0 else None,
    )


def _intervals(record: RunRecord) -> list[tuple[str, str, Interval]]:
    found = [("base over base", "noise", record.noise.interval)] if record.noise else []
    found += [
        (f"{one.candidate.id} over {one.candidate.parent or 'base'}", "candidate", _interval(one.verdict))
        for one in record.evidence
        if one.verdict is not None
    ][: _MOST_ROWS - 2]
    if record.verdict is not None:
        found.append(("published over base", "published", _interval(record.verdict)))
    return [(label, kind, interval) for label, kind, interval in found if _finite(interval)]


def _interval(verdict: Verdict) -> Interval:
    return Interval(ratio=verdict.ratio, low=verdict.low, high=verdict.high)


def _finite(interval: Interval) -> bool:
    return all(math.isfinite(end) for end in (interval.low, interval.ratio, interval.high))


def _range(intervals: list[Interval], wanted: float | None) -> tuple[float, float]:
    """From the lowest end to the highest, 1 and the wanted ratio included, with a margin."""
    ends = [1.0, *([wanted] if wanted else [])]
    ends += [end for one in intervals for end in (one.low, one.ratio, one.high)]
    margin = max((max(ends) - min(ends)) * 0.05, 0.005)
    return min(ends) - margin, max(ends) + margin
