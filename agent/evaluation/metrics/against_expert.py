"""The geometric mean of clipped speedup ratios against the expert: Hotloop's own headline.

    exp((1/n) sum_i clip(log(expert time / candidate time), -log 10, +log 10))

Ratios multiply, so their logarithms are what averages: half as fast on one task and twice as
fast on another is even, which no harmonic or arithmetic mean of ratios says. Clipped, because
one expert's 449-fold speedup weighs as much as six tenfold ones otherwise, and in a harmonic
mean as much as four hundred tasks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from hotloop.agent.evaluation.counting import Task
from hotloop.agent.evaluation.metrics.base import Metric
from hotloop.agent.evaluation.result import Result

CLIP = 10.0


def against_expert(tasks: Sequence[Task]) -> Metric:
    """Needs each first attempt's direct comparison with the expert; a rejected patch leaves base,
    so the inverse of the expert's speedup stands for it.

    Quarantined tasks and infrastructure failures are not among `tasks`.
    """
    terms = {task.id: (clipped_log(_ratio(task.first)),) for task in tasks}
    return Metric("against_expert", "against the expert", "ratio", terms, _exponential)


def clipped_log(ratio: float) -> float:
    return max(-math.log(CLIP), min(math.log(CLIP), math.log(ratio)))


def _ratio(result: Result) -> float:
    compared = result.candidate_expert
    return 1 / result.expert_speedup if compared is None else compared.ratio


def _exponential(found: Sequence[float]) -> float:
    return math.exp(found[0])
