"""eff@k: the expected efficiency of the best of k attempts, with time that is right-censored.

One attempt's efficiency is the mean over its workloads or tests of

    f = max(0, T - t) / (T - t*),  T = 2 * max t*,

t the attempt's time, t* the expert's, each the Hodges-Lehmann estimate of its repeats; an
incorrect attempt has 0. Whatever takes longer than T counts as T, so how much longer need not
be known. Above 1 is faster than the expert. Of n attempts with efficiencies e_(1) <= ... <= e_(n)

    eff@k = sum_{r=k}^{n} C(r - 1, k - 1) / C(n, k) * e_(r),

the mean of the best over all subsets of k: the Rao-Blackwellised estimator, unbiased and of
the least variance. Qiu et al., "How Efficient is LLM-Generated Code? A Rigorous &
High-Standard Benchmark" (ENAMEL), ICLR 2025; `enam/evaluate.py` of
github.com/q-rz/enamel at b97da79. Their levels of growing size have weights, and after one
that timed out the later ones are 0; workloads here have no such order and weigh the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement
from math import comb
from statistics import fmean, median

from hotloop.agent.evaluation.counting import Task
from hotloop.agent.evaluation.metrics.base import Metric, itself
from hotloop.agent.evaluation.result import Result, Timing

TIMEOUT_FACTOR = 2.0


def eff_at_k(tasks: Sequence[Task], k: int) -> Metric:
    """Needs repeated times of candidate and expert, and k attempts at each task.

    Quarantined tasks are not among `tasks`, infrastructure failures not among their attempts.
    """
    lacks = tuple(task.id for task in tasks if any(one.untimed for one in task.attempts))
    terms = {task.id: (best_of([_efficiency(one) for one in task.attempts], k),) for task in tasks}
    return Metric(f"eff_at_{k}", f"eff@{k}", "score", terms, itself, lacks)


def best_of(efficiencies: Sequence[float], k: int) -> float:
    """The mean of the greatest over all subsets of k. Raises ValueError for fewer than k."""
    count = len(efficiencies)
    if not 1 <= k <= count:
        raise ValueError(f"{count} attempts say nothing of {k}")
    ordered = enumerate(sorted(efficiencies), 1)
    return sum(comb(rank - 1, k - 1) / comb(count, k) * one for rank, one in ordered)


def efficiency(timings: Sequence[Timing]) -> float:
    """Of one correct attempt."""
    experts = [hodges_lehmann(one.expert) for one in timings]
    limit = TIMEOUT_FACTOR * max(experts)
    return fmean(
        max(0.0, limit - hodges_lehmann(one.candidate)) / (limit - expert)
        for one, expert in zip(timings, experts, strict=True)
    )


def hodges_lehmann(times: Sequence[float]) -> float:
    """The median of the means of all pairs, each time paired with itself, too."""
    return median((first + second) / 2 for first, second in combinations_with_replacement(times, 2))


def _efficiency(result: Result) -> float:
    return efficiency(result.timings) if result.correct and result.timings else 0.0
