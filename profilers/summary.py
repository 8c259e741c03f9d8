"""From process pairs to a verdict. Pure functions of the samples."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING

from hotloop.profilers.charges import charged_shifts, gain_survives, moved_share
from hotloop.profilers.engines.base import (
    ABBA,
    BASE,
    CANDIDATE,
    CO_SCHEDULED,
    SIDES,
    WAITING,
    Plan,
    ProcessPair,
)
from hotloop.profilers.ratios import (
    first_call,
    import_ratio,
    interval_of,
    pair_ratio,
    warm_calls,
    without_startup,
)
from hotloop.profilers.regressions import load, peak, regressions
from hotloop.profilers.verdict import Interval, Outcome, PhaseCost, Verdict

if TYPE_CHECKING:
    from hotloop.profilers.compare import MeasureSettings


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


def waits(pairs: Sequence[ProcessPair], side: str) -> bool:
    """In every call: a busy neighbour slows many, not every one."""
    costs = [cost for pair in pairs for cost in pair.tracks[side].costs]
    return min((cost.wall - cost.delay) / max(1, cost.call) for cost in costs) > WAITING


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
