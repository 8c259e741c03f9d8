"""pass@k: the chance that one of k attempts is correct, without bias from having made n.

    pass@k = mean over tasks of 1 - C(n - c, k) / C(n, k)

n attempts, c of them correct. Chen et al., "Evaluating Large Language Models Trained on
Code", 2021, equation 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

from hotloop.agent.evaluation.counting import Task
from hotloop.agent.evaluation.metrics.base import Metric, itself


def any_of(attempts: int, successes: int, k: int) -> float:
    """The chance that k attempts drawn from all hold a success. Raises ValueError for too few attempts."""
    if k > attempts:
        raise ValueError(f"{attempts} attempts say nothing of {k}")
    return 1 - comb(attempts - successes, k) / comb(attempts, k)


def most_attempts(tasks: Sequence[Task]) -> int:
    """The largest k that every task has attempts for; 0 without tasks."""
    return min((len(task.attempts) for task in tasks), default=0)


def pass_at_k(tasks: Sequence[Task], k: int) -> Metric:
    """Needs k attempts at each task. Correct: no gate rejected it.

    Quarantined tasks are not among `tasks`, infrastructure failures not among their attempts.
    """
    correct = {task.id: sum(one.correct for one in task.attempts) for task in tasks}
    terms = {task.id: (any_of(len(task.attempts), correct[task.id], k),) for task in tasks}
    return Metric(f"pass_at_{k}", f"pass@{k}", "share", terms, itself)
