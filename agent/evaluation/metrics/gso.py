"""GSO's Opt@K: the share of tasks on which one of K attempts matches the expert.

An attempt matches when it is correct and, with the mean time of each test,

    mean base time > mean candidate time, over tests,
    round(geometric mean of base / candidate, 1) >= 1.2,
    harmonic mean of expert / candidate > 0.95.

Shetty et al., "GSO: Challenging Software Optimization Tasks for Evaluating SWE-Agents", 2025;
`harness/grading/metrics.py` and `constants.py` of github.com/gso-bench/gso at c89aecd. They
merge K runs by "or", and average that over random orders where there are more than K; its
expectation is the unbiased estimator of pass@k, which equals the merge where n = K.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, geometric_mean, harmonic_mean

from hotloop.agent.evaluation.counting import Task
from hotloop.agent.evaluation.metrics.base import Metric, itself
from hotloop.agent.evaluation.metrics.passk import any_of
from hotloop.agent.evaluation.result import Result, Timing

MATCHES = 0.95
LEAST_SPEEDUP = 1.2


def opt_at_k(tasks: Sequence[Task], k: int) -> Metric:
    """Needs the times of each test for base, candidate and expert, and k attempts at each task.

    A rejected attempt does not match; GSO has no gates but its tests, and removes hacks after.
    Quarantined tasks are not among `tasks`, infrastructure failures not among their attempts.
    """
    lacks = tuple(task.id for task in tasks if any(one.untimed for one in task.attempts))
    terms = {
        task.id: (any_of(len(task.attempts), sum(_matches(one) for one in task.attempts), k),)
        for task in tasks
    }
    return Metric(f"opt_at_{k}", f"Opt@{k}", "share", terms, itself, lacks)


def _matches(result: Result) -> bool:
    return result.correct and bool(result.timings) and matches_expert(result.timings)


def matches_expert(timings: Sequence[Timing]) -> bool:
    """GSO's `opt_commit`, from repeated times of each test."""
    base = [fmean(one.base) for one in timings]
    candidate = [fmean(one.candidate) for one in timings]
    expert = [fmean(one.expert) for one in timings]
    gained = geometric_mean([old / new for old, new in zip(base, candidate, strict=True)])
    if fmean(base) <= fmean(candidate) or round(gained, 1) < LEAST_SPEEDUP:
        return False
    return harmonic_mean([best / new for best, new in zip(expert, candidate, strict=True)]) > MATCHES
