"""A model's figures, each with its interval, and how models compare on the tasks they share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from pydantic import BaseModel, ConfigDict

from hotloop.agent.evaluation.counting import Counted, LeftOut, Task
from hotloop.agent.evaluation.metrics.against_expert import against_expert
from hotloop.agent.evaluation.metrics.base import Metric, Unit
from hotloop.agent.evaluation.metrics.bootstrap import interval, paired_interval
from hotloop.agent.evaluation.metrics.cost import cost_per_speedup
from hotloop.agent.evaluation.metrics.effk import eff_at_k
from hotloop.agent.evaluation.metrics.fastp import fast_p
from hotloop.agent.evaluation.metrics.gso import opt_at_k
from hotloop.agent.evaluation.metrics.influence import Influence, influences
from hotloop.agent.evaluation.metrics.passk import most_attempts, pass_at_k
from hotloop.agent.evaluation.metrics.percent_opt import percent_opt
from hotloop.agent.evaluation.metrics.swefficiency import swefficiency_score
from hotloop.agent.evaluation.metrics.sweperf import apply_rate, correctness_rate, performance
from hotloop.agent.evaluation.metrics.three_way import Regression, ThreeWay, regressions, three_way

FAST = (1.0, 1.5, 2.0)
MOST_INFLUENTIAL = 10


class Figure(BaseModel):
    """A metric's value. low, high: over tasks; None where they are too few or all gave the same, high
    also where it has no bound.

    note: why there is no value, or no bound.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    title: str
    unit: Unit
    value: float | None
    low: float | None = None
    high: float | None = None
    tasks: int
    note: str = ""


class Contrast(BaseModel):
    """Two models on the tasks of both: the ratio of their figures, or the difference for shares."""

    model_config = ConfigDict(frozen=True)

    first: str
    second: str
    name: str
    title: str
    unit: Unit
    value: float
    low: float | None
    high: float | None
    tasks: int


class Hangs(BaseModel):
    """How much of a figure hangs on single tasks. rest: it without the ten tasks that move it most."""

    model_config = ConfigDict(frozen=True)

    name: str
    title: str
    unit: Unit
    value: float
    rest: float | None
    most: tuple[Influence, ...]


class Summary(BaseModel):
    """One model."""

    model_config = ConfigDict(frozen=True)

    model: str
    tasks: int
    attempts: int
    figures: tuple[Figure, ...]
    against_expert: ThreeWay
    regressions: tuple[Regression, ...]
    influence: tuple[Hangs, ...]
    left_out: tuple[LeftOut, ...]
    failed_attempts: int


def summarize(counted: Counted) -> Summary:
    tasks = counted.tasks
    return Summary(
        model=counted.model,
        tasks=len(tasks),
        attempts=sum(len(task.attempts) for task in tasks),
        figures=tuple(figure(metric) for metric in metrics(tasks)),
        against_expert=three_way(tasks),
        regressions=regressions(tasks),
        influence=tuple(
            hangs for metric in (against_expert(tasks), swefficiency_score(tasks)) for hangs in _hangs(metric)
        ),
        left_out=counted.left_out,
        failed_attempts=counted.failed_attempts,
    )


def metrics(tasks: Sequence[Task]) -> list[Metric]:
    """All of them, in the order of the report; k up to the attempts that every task has."""
    most = most_attempts(tasks)
    chosen = [k for k in dict.fromkeys((1, most)) if 1 <= k <= most]
    return [
        against_expert(tasks),
        swefficiency_score(tasks),
        swefficiency_score(tasks, floor=0.0),
        *(opt_at_k(tasks, k) for k in chosen),
        apply_rate(tasks),
        correctness_rate(tasks),
        performance(tasks),
        *(fast_p(tasks, p) for p in FAST),
        percent_opt(tasks),
        *(eff_at_k(tasks, k) for k in chosen),
        *(pass_at_k(tasks, k) for k in chosen),
        cost_per_speedup(tasks),
    ]


def figure(metric: Metric) -> Figure:
    value, spread = metric.value, interval(metric)
    return Figure(
        name=metric.name,
        title=metric.title,
        unit=metric.unit,
        value=value,
        low=None if spread is None else spread[0],
        high=None if spread is None else _finite(spread[1]),
        tasks=len(metric.terms),
        note=_note(metric, value, spread),
    )


def _note(metric: Metric, value: float | None, spread: tuple[float, float] | None) -> str:
    if metric.lacks:
        return f"what it needs was not kept for {len(metric.lacks)} of {len(metric.terms)} tasks"
    if value is None:
        return "no verified speedup" if metric.terms else "no tasks"
    if spread is not None and math.isinf(spread[1]):
        return "no upper bound"
    return ""


def contrasts(models: Sequence[Counted]) -> tuple[Contrast, ...]:
    """Every pair of models, on what both were measured by."""
    found = []
    for index, first in enumerate(models):
        for second in models[index + 1 :]:
            found += _contrasts(first, second)
    return tuple(found)


def _contrasts(first: Counted, second: Counted) -> list[Contrast]:
    shared = {task.id for task in first.tasks} & {task.id for task in second.tasks}
    ours, theirs = ([task for task in model.tasks if task.id in shared] for model in (first, second))
    if not shared:
        return []
    pairs = zip(_compared(ours), _compared(theirs), strict=True)
    return [found for pair in pairs for found in _contrast((first.model, second.model), *pair)]


def _compared(tasks: Sequence[Task]) -> tuple[Metric, ...]:
    """What models are compared by."""
    return against_expert(tasks), swefficiency_score(tasks), pass_at_k(tasks, 1), fast_p(tasks, 1.0)


def _contrast(names: tuple[str, str], first: Metric, second: Metric) -> list[Contrast]:
    if first.value is None or second.value is None:
        return []
    relate = _ratio if first.unit == "ratio" else _difference
    spread = paired_interval(first, second, relate)
    return [
        Contrast(
            first=names[0],
            second=names[1],
            name=first.name,
            title=first.title,
            unit=first.unit,
            value=relate(first.value, second.value),
            low=None if spread is None else spread[0],
            high=None if spread is None else spread[1],
            tasks=len(first.terms),
        )
    ]


def _hangs(metric: Metric) -> list[Hangs]:
    value, found = metric.value, influences(metric)
    if value is None or not found:
        return []
    most = found[:MOST_INFLUENTIAL]
    names = {one.task for one in most}
    kept = {task: terms for task, terms in metric.terms.items() if task not in names}
    rest = replace(metric, terms=kept).value
    return [Hangs(name=metric.name, title=metric.title, unit=metric.unit, value=value, rest=rest, most=most)]


def _ratio(first: float, second: float) -> float:
    return first / second


def _difference(first: float, second: float) -> float:
    return first - second


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
