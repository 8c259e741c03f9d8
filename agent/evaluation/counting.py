"""Which tasks and attempts a metric is made from: one rule for all of them.

Quarantined: the expert is not shown to be faster on this machine, or base itself does not
work. One such result takes the task from every model in the report: to keep the attempts at
which the expert happened to look faster would select on noise, and models must be compared
on the same tasks. Infrastructure failures take the attempt; a task of which no attempt is
left is left out for that model. What is left out is listed, and is never a zero.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hotloop.agent.evaluation.result import Outcome, Result


@dataclass(frozen=True)
class Task:
    """One instance and the attempts at it that count, in their order; there is at least one."""

    id: str
    attempts: tuple[Result, ...]

    @property
    def first(self) -> Result:
        """What metrics for one attempt look at: the first, never the best."""
        return self.attempts[0]


@dataclass(frozen=True)
class LeftOut:
    """A task that no metric of this model saw, and why."""

    id: str
    outcome: Outcome
    reason: str


@dataclass(frozen=True)
class Counted:
    """One model's tasks. failed_attempts: infrastructure failures, those of counted tasks among them."""

    model: str
    tasks: tuple[Task, ...]
    left_out: tuple[LeftOut, ...]
    failed_attempts: int


def count(results: Iterable[Result]) -> tuple[Counted, ...]:
    """One for each model, in the order of their names. The results' keys must differ."""
    by_model: dict[str, list[Result]] = defaultdict(list)
    quarantined: dict[str, str] = {}
    for result in results:
        by_model[result.model].append(result)
        if result.outcome is Outcome.QUARANTINED:
            quarantined.setdefault(result.instance_id, result.reason)
    return tuple(_counted(model, by_model[model], quarantined) for model in sorted(by_model))


def _counted(model: str, results: Sequence[Result], quarantined: dict[str, str]) -> Counted:
    by_task: dict[str, list[Result]] = defaultdict(list)
    for result in sorted(results, key=lambda one: (one.instance_id, one.attempt)):
        by_task[result.instance_id].append(result)
    tasks: list[Task] = []
    left_out: list[LeftOut] = []
    for name, attempts in by_task.items():
        kept = tuple(one for one in attempts if one.counts)
        if name in quarantined:
            left_out.append(LeftOut(name, Outcome.QUARANTINED, quarantined[name]))
        elif kept:
            tasks.append(Task(name, kept))
        else:
            left_out.append(LeftOut(name, Outcome.INFRASTRUCTURE, attempts[0].reason))
    failed = sum(one.outcome is Outcome.INFRASTRUCTURE for one in results)
    return Counted(model, tuple(tasks), tuple(left_out), failed)
