"""How much of a figure hangs on single tasks: the figure again, with each task left out.

    influence_i = figure without task i - figure

The jackknife's differences (Efron, "Bootstrap Methods: Another Look at the Jackknife", Annals
of Statistics 7, 1979). A score that ten of many tasks carry says little of the rest, and a
task whose expert does not hold on a machine takes the score with it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from hotloop.agent.evaluation.metrics.base import Metric


@dataclass(frozen=True)
class Influence:
    """without: the figure on all other tasks. change: what leaving it out changes, signed."""

    task: str
    without: float
    change: float


def influences(metric: Metric) -> tuple[Influence, ...]:
    """Of every task, the greatest change first; none below two tasks, or without a figure.

    Needs the metric's terms. Quarantined tasks and infrastructure failures have none, so they
    have no influence.
    """
    whole, count = metric.value, len(metric.terms)
    if whole is None or count < 2:
        return ()
    totals = [math.fsum(column) for column in zip(*metric.terms.values(), strict=True)]
    found = []
    for task, terms in metric.terms.items():
        rest = [(total - term) / (count - 1) for total, term in zip(totals, terms, strict=True)]
        without = metric.combine(rest)
        if without is not None:
            found.append(Influence(task, without, without - whole))
    return tuple(sorted(found, key=lambda one: (-abs(one.change), one.task)))
