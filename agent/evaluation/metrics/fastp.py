"""fast_p: the share of tasks solved correctly and more than p times as fast as base.

    fast_p = (1/n) sum_i [correct_i and base time / candidate time > p]

Ouyang et al., "KernelBench: Can LLMs Write Efficient GPU Kernels?", 2025.
"""

from __future__ import annotations

from collections.abc import Sequence

from hotloop.agent.evaluation.counting import Task
from hotloop.agent.evaluation.metrics.base import Metric, rate


def fast_p(tasks: Sequence[Task], p: float) -> Metric:
    """Needs the speedup against base of each first attempt; its point estimate decides, as published.

    A rejected patch is not correct. Quarantined tasks and infrastructure failures are not
    among `tasks`.
    """
    holds = {task.id: task.first.correct and task.first.speedup > p for task in tasks}
    return rate(f"fast_{p:g}", f"fast_{p:g}", holds)
