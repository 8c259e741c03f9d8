"""Measure a candidate against the tree it must beat, and keep the samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotloop.agent.settings import Settings
from hotloop.profilers.compare import MeasureSettings, compare
from hotloop.profilers.verdict import Verdict

if TYPE_CHECKING:
    from hotloop.agent.gates.base import Trial

FINAL_FACTOR = 2.0
"""The published figure may take this many times as long as one of the search."""


def measure_settings(settings: Settings, varies: bool, seed: int, factor: float = 1.0) -> MeasureSettings:
    return MeasureSettings(
        min_speedup=settings.min_speedup,
        confidence=settings.confidence,
        max_seconds=settings.measure_seconds * factor,
        max_regression=settings.max_regression,
        max_cpu_regression=settings.max_cpu_regression,
        engine=settings.engine,
        varies=varies,
        seed=seed,
    )


def measure(trial: Trial) -> Verdict:
    """The verdict on one trial. Raises SideFailure when the workload breaks on one side.

    Both trees are folders of one kind by then: an overlay would be slower to read from.
    """
    shop, final = trial.workshop, trial.stage == "final"
    seed = trial.rng("measure").randrange(1 << 31)
    settings = measure_settings(shop.settings, trial.baseline.varies, seed, FINAL_FACTOR if final else 1.0)
    for tree in (trial.against, trial.tree):
        shop.trees.settle(tree)
    with shop.sandbox(trial.against) as base, shop.sandbox(trial.tree) as candidate:
        measurement = compare(base, candidate, shop.workload, settings)
    folder = shop.folder.path if final else shop.folder.candidate(trial.candidate.id)
    shop.folder.write_json(folder / "samples.json", measurement.samples())
    verdict = measurement.verdict
    shop.events.emit(
        "verdict",
        candidate=trial.candidate.id,
        outcome=verdict.outcome.value,
        ratio=verdict.ratio,
        low=verdict.low,
        high=verdict.high,
    )
    return verdict
