"""What became worse than the task allows, beside the figure that decides. Pure functions of the samples."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING

from hotloop.profilers.engines.base import BASE, CANDIDATE, SIDES, Plan, ProcessPair
from hotloop.profilers.ratios import decisive_value, first_call, import_ratio
from hotloop.profilers.verdict import Interval

if TYPE_CHECKING:
    from hotloop.profilers.compare import MeasureSettings

MEMORY_SLACK = 8 << 20
LOAD_SLACK_NS = 5_000_000


def regressions(
    pairs: Sequence[ProcessPair], plan: Plan, settings: MeasureSettings, cpu: Interval, wall: Interval
) -> tuple[str, ...]:
    """What became worse than allowed, each in one line."""
    limit = settings.max_regression
    limits = (("wall", wall, limit), ("CPU", cpu, settings.max_cpu_regression or limit))
    found = [
        f"{name} time became {1 / interval.ratio:.2f} times base's"
        for name, interval, most in limits
        if interval.high < 1 / most
    ]
    before, after = peak(pairs, BASE), peak(pairs, CANDIDATE)
    if after > before * limit + MEMORY_SLACK:
        found.append(f"peak memory rose from {before >> 20} to {after >> 20} MiB")
    found += slower_import(pairs, plan, settings)
    found += slower_first_call(pairs, plan, settings)
    return tuple(found)


def slower_import(pairs: Sequence[ProcessPair], plan: Plan, settings: MeasureSettings) -> list[str]:
    """Import that is shown to cost more, by more than the limit and by more than one call."""
    ratio = import_ratio(pairs, settings.confidence)
    before, after = load(pairs, BASE), load(pairs, CANDIDATE)
    call = median(cost.call for pair in pairs for cost in pair.tracks[BASE].costs) / plan.batch
    grew = ratio is not None and ratio.high < 1 / settings.max_regression
    if grew and after - before > max(call, LOAD_SLACK_NS):
        return [f"import rose from {before / 1e6:.1f} to {after / 1e6:.1f} ms of CPU time"]
    return []


def slower_first_call(pairs: Sequence[ProcessPair], plan: Plan, settings: MeasureSettings) -> list[str]:
    """A first call of a process that is shown to cost more, as with import: it works for the later ones."""
    if plan.first_only or not any(pair.tracks[BASE].load for pair in pairs):
        return []
    value = decisive_value(plan)
    before, after = (
        median(float(getattr(pair.tracks[side].costs[0], value)) for pair in pairs) for side in SIDES
    )
    call = median(getattr(cost, value) for pair in pairs for cost in pair.tracks[BASE].costs) / plan.batch
    grew = first_call(pairs, plan, settings.confidence).high < 1 / settings.max_regression
    if grew and after - before > max(call, LOAD_SLACK_NS):
        return [f"the first call rose from {before / 1e6:.1f} to {after / 1e6:.1f} ms"]
    return []


def load(pairs: Sequence[ProcessPair], side: str) -> float:
    return median(pair.tracks[side].load for pair in pairs)


def peak(pairs: Sequence[ProcessPair], side: str) -> int:
    return round(median(pair.tracks[side].peak_memory for pair in pairs))
