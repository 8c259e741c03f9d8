"""%Opt: the share of tasks made correctly at least 10 % faster.

    %Opt = (1/n) sum_i [correct_i and base time / candidate time - 1 > 0.1]

Shypula et al., "Learning Performance-Improving Code Edits", ICLR 2024.
"""

from __future__ import annotations

from collections.abc import Sequence

from hotloop.agent.evaluation.counting import Task
from hotloop.agent.evaluation.metrics.base import Metric, rate

_LEAST = 1.1


def percent_opt(tasks: Sequence[Task]) -> Metric:
    """Needs the speedup against base of each first attempt; a share, 0 to 1.

    A rejected patch is not correct. Quarantined tasks and infrastructure failures are not
    among `tasks`.
    """
    holds = {task.id: task.first.correct and task.first.speedup > _LEAST for task in tasks}
    return rate("percent_opt", "%Opt", holds)
