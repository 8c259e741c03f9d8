"""SWE-fficiency's score: the harmonic mean of speedup ratios against the expert.

    SR_i = (base time / candidate time) / (base time / expert time)
    score = n / sum_i 1 / max(SR_i, floor)

A patch that does not apply or fails a test counts as no edit: its SR is 1 / expert speedup.
"SWE-fficiency: Can Language Models Optimize Real-World Repositories on Real Workloads?",
2025; `scripts/eval/get_report.py` of github.com/swefficiency/swefficiency at fa356b7 and
`swefficiency/report.py` of release 1.0.0, which have no floor. Later versions floor SR at
0.001, as the expert's speedup of one task is in the thousands and decides the score alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from hotloop.agent.evaluation.counting import Task
from hotloop.agent.evaluation.metrics.base import Metric
from hotloop.agent.evaluation.result import Result

FLOOR = 0.001


def speedup_ratio(result: Result) -> float:
    """SR as published: from two speedups against base, not from the direct comparison with the expert."""
    return result.speedup / result.expert_speedup


def swefficiency_score(tasks: Sequence[Task], floor: float = FLOOR) -> Metric:
    """Needs both speedups against base of each first attempt; floor 0 is the score without one.

    Rejected by any gate counts as they count failed tests. Quarantined tasks and
    infrastructure failures are not among `tasks`; they count a missing measurement as 1.
    """
    name, title = (
        ("swefficiency", "SWE-fficiency")
        if floor
        else (
            "swefficiency_unfloored",
            "SWE-fficiency, no floor",
        )
    )
    terms = {task.id: (1 / max(speedup_ratio(task.first), floor),) for task in tasks}
    return Metric(name, title, "ratio", terms, _inverse)


def _inverse(found: Sequence[float]) -> float:
    return 1 / found[0]
