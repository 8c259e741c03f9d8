"""From process pairs to a verdict. Pure functions of the samples."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import fmean, median
from typing import TYPE_CHECKING

from hotloop.profilers.engines.base import (
    ABBA,
    BASE,
    CANDIDATE,
    CO_SCHEDULED,
    SIDES,
    WAITING,
    Cost,
    Plan,
    ProcessPair,
    log_ratios,
)
from hotloop.profilers.statistics import confidence_sequence, winsorize
from hotloop.profilers.verdict import Interval, Outcome, PhaseCost, Verdict

if TYPE_CHECKING:
    from hotloop.profilers.compare import MeasureSettings

SHIFT_SHARE = 0.01
"""A shift of cost between phases below this share of a call is not charged."""

Average = Callable[[Sequence[float]], float]

MEMORY_SLACK = 8 << 20
LOAD_SLACK_NS = 5_000_000


def interval_of(log_values: Sequence[float], confidence: float) -> Interval:
    """Ratio and interval from log ratios of process pairs."""
    estimate = confidence_sequence(winsorize(log_values), confidence)
    return Interval(ratio=_exp(estimate.mean), low=_exp(estimate.low), high=_exp(estimate.high))


def _exp(value: float) -> float:
    """Bounded, so that an infinite interval can be stored as JSON."""
    return math.exp(max(-50.0, min(50.0, value)))


def pair_ratio(pair: ProcessPair, plan: Plan, value: str, charges: float = 0.0) -> float:
    """One number for a process pair: the median log ratio, or the first where only that counts.

    charges: nanoseconds added to each of the candidate's calls.
    """
    base, candidate = (
        [float(getattr(cost, value)) for cost in counted(pair.tracks[side].costs, plan)] for side in SIDES
    )
    return median(log_ratios(base, [cost + charges for cost in candidate]))


def counted(costs: Sequence[Cost], plan: Plan) -> Sequence[Cost]:
    return costs[:1] if plan.first_only else costs


def shifts(
    pairs: Sequence[ProcessPair], plan: Plan, value: str = "around", average: Average = median
) -> list[float]:
    """By process pair: nanoseconds a request that the candidate spends more outside its call.

    value: "around" for CPU time, or a part of it; "wall_around" for wall time.
    """
    sides = (
        [average([getattr(cost, value) for cost in counted(pair.tracks[side].costs, plan)]) for pair in pairs]
        for side in (CANDIDATE, BASE)
    )
    return [float(after - before) for after, before in zip(*sides, strict=True)]


def charged_shifts(
    pairs: Sequence[ProcessPair], plan: Plan, confidence: float, *, wall: bool = False
) -> list[float]:
    """Shifts that must be charged to the candidate's calls: all of them, once they are shown to be real.

    Wall time is charged for wall time, since a neighbour stretches what was moved as it
    stretches a call; and for CPU time at least.
    """
    moved = shifts(pairs, plan, "wall_around" if wall else "around")
    of_call = "wall" if wall else "call"
    calls = [
        median(getattr(cost, of_call) for cost in counted(pair.tracks[BASE].costs, plan)) for pair in pairs
    ]
    shares = [shift / max(1.0, call) for shift, call in zip(moved, calls, strict=True)]
    estimate = confidence_sequence(shares, confidence)
    real = estimate.low > 0.0 and estimate.mean > SHIFT_SHARE
    charges = [max(0.0, shift) for shift in moved] if real else [0.0] * len(moved)
    if not wall:
        return charges
    return [max(pair) for pair in zip(charges, charged_shifts(pairs, plan, confidence), strict=True)]


def gain_survives(pairs: Sequence[ProcessPair], plan: Plan, metric: str, settings: MeasureSettings) -> bool:
    """Whether the gain still shows when all that each candidate spent more outside its calls is charged.

    What comes after a call is charged pair by pair, so that its noise widens the interval: a
    lazy result is cheap to write. By means, since a median would not see work that is put off
    to every third result. What comes before is charged at its mean over all pairs. Nor does a
    median see work that every third call does for the others, so all calls but the first, which
    `slower_first_call` looks at, are also taken together.
    """
    before = max(0.0, fmean(shifts(pairs, plan, "wall_around" if metric == "wall" else "setup")))
    value = "wall" if metric == "wall" else "call"
    charges = [before + after for after in shifts(pairs, plan, "late", fmean)]
    return all(
        interval_of(
            [ratio(pair, plan, value, charge) for pair, charge in zip(pairs, charges, strict=True)],
            settings.confidence,
        ).low
        > settings.min_speedup
        for ratio in (pair_ratio, whole_ratio)
    )


def whole_ratio(pair: ProcessPair, plan: Plan, value: str, charges: float = 0.0) -> float:
    """As `pair_ratio`, of all calls of a side together; the first is left out where there are others."""
    base, candidate = (
        fmean([float(getattr(cost, value)) for cost in costs[1:] or costs])
        for costs in (counted(pair.tracks[side].costs, plan) for side in SIDES)
    )
    return log_ratios([base], [candidate + charges])[0]


def summarize(pairs: Sequence[ProcessPair], plan: Plan, settings: MeasureSettings, seconds: float) -> Verdict:
    """The verdict that these samples support."""
    charges = charged_shifts(pairs, plan, settings.confidence)
    cpu = interval_of(
        [pair_ratio(pair, plan, "call", charge) for pair, charge in zip(pairs, charges, strict=True)],
        settings.confidence,
    )
    wall_charges = charged_shifts(pairs, plan, settings.confidence, wall=True)
    wall = interval_of(
        [pair_ratio(pair, plan, "wall", charge) for pair, charge in zip(pairs, wall_charges, strict=True)],
        settings.confidence,
    )
    metric = "wall" if plan.engine == ABBA or any(waits(pairs, side) for side in SIDES) else "cpu"
    decisive = wall if metric == "wall" else cpu
    outcome = outcome_of(decisive, settings.min_speedup)
    if outcome is Outcome.FASTER and not gain_survives(pairs, plan, metric, settings):
        outcome = Outcome.INCONCLUSIVE
    differs = next((pair.difference for pair in pairs if pair.difference is not None), None)
    return Verdict(
        outcome=outcome if differs is None else Outcome.INCONCLUSIVE,
        ratio=decisive.ratio,
        low=decisive.low,
        high=decisive.high,
        confidence=settings.confidence,
        min_speedup=settings.min_speedup,
        engine=plan.engine + (", first calls" if plan.first_only else ""),
        metric=metric,
        clock=pairs[0].clock,
        cpu=cpu,
        wall=wall,
        first_call=first_call(pairs, plan, settings.confidence),
        phases=phase_costs(pairs, plan),
        moved=moved_share(pairs, plan, charges),
        pairs=len(pairs),
        calls=sum(len(pair.tracks[BASE].costs) for pair in pairs) * plan.batch,
        seconds=seconds,
        peak_memory=(peak(pairs, BASE), peak(pairs, CANDIDATE)),
        warm=warm_calls(pairs, plan, settings.confidence) if plan.first_only else None,
        import_time=import_ratio(pairs, settings.confidence),
        regressions=regressions(pairs, plan, settings, cpu, wall),
        differs=None if differs is None else f"seed {differs.seed}: {differs.what}",
        uncompared=tuple(sorted({name for pair in pairs for name in pair.uncompared})),
        net=without_startup(pairs, plan, settings.confidence),
        notes=notes(pairs, plan, metric),
    )


def outcome_of(interval: Interval, min_speedup: float) -> Outcome:
    if interval.low > min_speedup:
        return Outcome.FASTER
    if interval.high < min_speedup:
        return Outcome.NOT_FASTER
    return Outcome.INCONCLUSIVE


def decisive_value(plan: Plan) -> str:
    """The figure of a `Cost` that the engine is made for."""
    return "wall" if plan.engine == ABBA else "call"


def waits(pairs: Sequence[ProcessPair], side: str) -> bool:
    """In every call: a busy neighbour slows many, not every one."""
    costs = [cost for pair in pairs for cost in pair.tracks[side].costs]
    return min((cost.wall - cost.delay) / max(1, cost.call) for cost in costs) > WAITING


def first_call(pairs: Sequence[ProcessPair], plan: Plan, confidence: float) -> Interval:
    return interval_of([pair.log_ratios(decisive_value(plan))[0] for pair in pairs], confidence)


def warm_calls(pairs: Sequence[ProcessPair], plan: Plan, confidence: float) -> Interval:
    return interval_of([median(pair.log_ratios(decisive_value(plan))[1:]) for pair in pairs], confidence)


def without_startup(pairs: Sequence[ProcessPair], plan: Plan, confidence: float) -> Interval | None:
    """CPU time with the interpreter's start-up taken off both sides; None without one."""
    startup = plan.startup_ns
    if startup is None or startup >= min(
        cost.call for pair in pairs for track in pair.tracks.values() for cost in track.costs
    ):
        return None
    return interval_of(
        [
            median(log_ratios(*([cost.call - startup for cost in pair.tracks[side].costs] for side in SIDES)))
            for pair in pairs
        ],
        confidence,
    )


def phase_costs(pairs: Sequence[ProcessPair], plan: Plan) -> dict[str, PhaseCost]:
    """Medians for one call of the workload; for one process where the phase is `import`."""

    def middle(side: str, phase: str) -> float:
        return (
            median(float(getattr(cost, phase)) for pair in pairs for cost in pair.tracks[side].costs)
            / plan.batch
        )

    phases = {
        phase: PhaseCost(base_ns=middle(BASE, phase), candidate_ns=middle(CANDIDATE, phase))
        for phase in ("setup", "call", "digest", "idle")
    }
    return {"import": PhaseCost(base_ns=load(pairs, BASE), candidate_ns=load(pairs, CANDIDATE)), **phases}


def load(pairs: Sequence[ProcessPair], side: str) -> float:
    return median(pair.tracks[side].load for pair in pairs)


def peak(pairs: Sequence[ProcessPair], side: str) -> int:
    return round(median(pair.tracks[side].peak_memory for pair in pairs))


def moved_share(pairs: Sequence[ProcessPair], plan: Plan, charges: Sequence[float]) -> float:
    """What part of the call's gain came back outside the call; 0 without a charge."""
    gains = [
        median(cost.call for cost in counted(pair.tracks[BASE].costs, plan))
        - median(cost.call for cost in counted(pair.tracks[CANDIDATE].costs, plan))
        for pair in pairs
    ]
    return fmean(charges) / fmean(gains) if any(charges) and fmean(gains) > 0 else 0.0


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


def import_ratio(pairs: Sequence[ProcessPair], confidence: float) -> Interval | None:
    """CPU time until the workload is loaded; None where that is no phase of its own."""
    loads = [[float(pair.tracks[side].load) for pair in pairs] for side in SIDES]
    return interval_of(log_ratios(*loads), confidence) if any(map(any, loads)) else None


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


def notes(pairs: Sequence[ProcessPair], plan: Plan, metric: str) -> tuple[str, ...]:
    found = [f"engine {plan.engine}: {plan.reason}"] if plan.reason else []
    if plan.engine == CO_SCHEDULED and plan.startup_ns is not None:
        found.append(f"starting the interpreter takes {plan.startup_ns / 1e6:.0f} ms of CPU time")
    if not plan.compared:
        found.append("output not compared: base's differs from run to run; the exit status is")
    if metric == "wall" and plan.engine != ABBA:
        found.append("a side waits or works elsewhere during its calls, so wall time decides")
    if any(pair.tracks[side].children for pair in pairs for side in SIDES):
        found.append("child processes were alive at the end of a process pair")
    return tuple(found)
