"""SWE-Perf's three figures: how many patches apply, are correct, and how much time they save.

Performance is the mean over tasks of the mean over tests of the greatest x, in steps of
0.001 up to 1, for which base times scaled by 1 - x are still greater than the patch's times
(Mann-Whitney, p < 0.1), after both lost what lies an interquartile range outside of the
quartiles. He et al., "SWE-Perf: Can Language Models Optimize Code Performance on Real-World
Repositories?", 2025; `evaluation/check_evaluation.py` and `evaluation/utils.py` of
github.com/SWE-Perf/SWE-Perf at 9e8fed2.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, quantiles

from hotloop.agent.evaluation.counting import Task
from hotloop.agent.evaluation.metrics.base import Metric, itself, rate
from hotloop.agent.evaluation.metrics.mann_whitney import chance_greater
from hotloop.agent.evaluation.result import Timing

_STEP = 0.001
_SIGNIFICANT = 0.1


def apply_rate(tasks: Sequence[Task]) -> Metric:
    """Share of first attempts whose patch fits base. Needs no times.

    Quarantined tasks and infrastructure failures are not among `tasks`.
    """
    return rate("sweperf_apply", "SWE-Perf apply", {task.id: task.first.applied is True for task in tasks})


def correctness_rate(tasks: Sequence[Task]) -> Metric:
    """Share of first attempts that no gate rejected; theirs asks for the timed tests alone. Needs no times.

    Quarantined tasks and infrastructure failures are not among `tasks`.
    """
    correct = {task.id: task.first.correct for task in tasks}
    return rate("sweperf_correctness", "SWE-Perf correctness", correct)


def performance(tasks: Sequence[Task]) -> Metric:
    """Mean share of time saved by first attempts. Needs repeated times of each test, base and candidate.

    A rejected patch saves nothing. Quarantined tasks and infrastructure failures are not
    among `tasks`.
    """
    lacks = tuple(task.id for task in tasks if task.first.untimed)
    terms = {
        task.id: (fmean(map(_saved, task.first.timings)) if task.first.timings else 0.0,) for task in tasks
    }
    return Metric("sweperf_performance", "SWE-Perf performance", "saving", terms, itself, lacks)


def _saved(timing: Timing) -> float:
    return significant_saving(without_outliers(timing.base), without_outliers(timing.candidate))


def without_outliers(times: Sequence[float]) -> list[float]:
    """What lies no further outside of the quartiles than these lie apart."""
    if len(times) < 2:
        return list(times)
    low, _, high = quantiles(times, n=4, method="inclusive")
    return [time for time in times if low - (high - low) <= time <= high + (high - low)]


def significant_saving(base: Sequence[float], patched: Sequence[float]) -> float:
    """The greatest share by which base can be shortened and is still significantly greater; 0 if none."""
    if not _significant(base, patched, 0.0):
        return 0.0
    least, most = min(base), max(patched)
    share, found = 0.0, 0.0
    # As long as all of base is the greater, ranks are what they were, and need not be counted again.
    while share <= 1 and (least * (1 - share) > most or _significant(base, patched, share)):
        found = share
        share += _STEP
    return found


def _significant(base: Sequence[float], patched: Sequence[float], share: float) -> bool:
    return chance_greater([time * (1 - share) for time in base], patched) < _SIGNIFICANT
