"""What all metrics have in common: one number (or a few) a task, their means, and a function of these.

That form is what makes one bootstrap, one comparison of models and one measure of a task's
influence serve every metric.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

Numbers = tuple[float, ...]
Unit = Literal["ratio", "share", "saving", "score", "dollars"]


@dataclass(frozen=True)
class Metric:
    """A metric of one model, before it is a figure.

    unit: how the figure reads, a share being one of tasks; two ratios are compared by their
    ratio, all else by the difference.
    terms: of each task, by its id. combine: from the means of the terms to the figure; None
    where there is none. lacks: tasks for which something the metric needs was not kept; then
    it has no figure at all, for the tasks that are left would be a choice of them.
    """

    name: str
    title: str
    unit: Unit
    terms: Mapping[str, Numbers]
    combine: Callable[[Sequence[float]], float | None]
    lacks: tuple[str, ...] = ()

    @property
    def value(self) -> float | None:
        return None if self.lacks or not self.terms else self.combine(means(list(self.terms.values())))


def means(rows: Sequence[Numbers]) -> list[float]:
    """Of each column."""
    return [fmean(column) for column in zip(*rows, strict=True)]


def itself(found: Sequence[float]) -> float:
    """For metrics that are a mean."""
    return found[0]


def rate(name: str, title: str, holds: Mapping[str, bool]) -> Metric:
    """The share of tasks of which something holds."""
    return Metric(name, title, "share", {task: (float(value),) for task, value in holds.items()}, itself)
