"""Wins, ties and losses against the expert, and regressions against base, by three-way verdicts.

A win is an interval wholly beyond the margin, a loss one wholly below its inverse; all else is
a tie, and of the ties it is told which are shown to be equal and which are undecided. No point
estimate decides, so noise makes neither wins nor losses beyond the intervals' error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hotloop.agent.evaluation.counting import Task
from hotloop.agent.evaluation.result import Result, Sense


@dataclass(frozen=True)
class ThreeWay:
    """Numbers of tasks. rejected: among the losses. undecided: among the ties."""

    wins: int
    ties: int
    losses: int
    rejected: int
    undecided: int


@dataclass(frozen=True)
class Regression:
    """A task that the patch made worse: slower than base, or in something else."""

    task: str
    ratio: float
    worse: tuple[str, ...]


def three_way(tasks: Sequence[Task]) -> ThreeWay:
    """Needs each first attempt's comparison with the expert. A rejected patch loses: the expert
    is shown to be faster than the base it leaves.

    Quarantined tasks and infrastructure failures are not among `tasks`.
    """
    compared = [one for one in (task.first.candidate_expert for task in tasks) if one is not None]
    senses = [one.sense for one in compared]
    rejected = len(tasks) - len(compared)
    return ThreeWay(
        wins=senses.count(Sense.FASTER),
        ties=senses.count(Sense.TIE),
        losses=senses.count(Sense.SLOWER) + rejected,
        rejected=rejected,
        undecided=sum(one.sense is Sense.TIE and not one.shown_equal for one in compared),
    )


def regressions(tasks: Sequence[Task]) -> tuple[Regression, ...]:
    """First attempts that passed every gate and are shown to be slower than base, or became worse otherwise.

    Needs their comparison with base. Quarantined tasks and infrastructure failures are not
    among `tasks`.
    """
    return tuple(
        Regression(task.id, task.first.speedup, task.first.candidate_base.regressions)
        for task in tasks
        if task.first.candidate_base is not None and _worse(task.first)
    )


def _worse(result: Result) -> bool:
    compared = result.candidate_base
    return compared is not None and (compared.sense is Sense.SLOWER or bool(compared.regressions))
