"""A report's figures and lists in words, the same on a terminal and in HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hotloop.agent.evaluation.metrics.base import Unit
from hotloop.agent.evaluation.report import Attempt, Report
from hotloop.agent.evaluation.result import Comparison, Sense
from hotloop.agent.evaluation.summary import Figure, Hangs, Summary
from hotloop.agent.report import numbers
from hotloop.agent.report.proof import Fact

_MOST_NAMED = 20


@dataclass(frozen=True)
class Listing:
    """What was left out, or is to be known; never empty."""

    title: str
    entries: tuple[str, ...]


def amount(value: float, unit: Unit, *, signed: bool = False) -> str:
    """As people read it; signed: a difference, where the unit has one."""
    if unit == "ratio":
        return f"{value:.3g}×" if value < 0.1 else numbers.ratio(value)
    if unit == "dollars":
        return numbers.dollars(value)
    sign = "+" if signed and value > 0 else ""
    return sign + (numbers.percent(value) if unit in ("share", "saving") else f"{value:.3f}")


def span(low: float | None, high: float | None, unit: Unit, *, signed: bool = False) -> str:
    """An interval; empty where there is none."""
    if low is None:
        return ""
    end = "no bound" if high is None else amount(high, unit, signed=signed)
    return f"{amount(low, unit, signed=signed)} to {end}"


def value_of(figure: Figure) -> str:
    return "none" if figure.value is None else amount(figure.value, figure.unit)


def answer(compared: Comparison) -> str:
    """Of a comparison, with what kind of a tie it is."""
    if compared.sense is not Sense.TIE:
        return compared.sense.value
    return "tie" if compared.shown_equal else "tie, undecided"


def heading(report: Report) -> str:
    return f"{numbers.count(report.instances, 'instance')}, {len(report.quarantined)} quarantined"


def counted(model: Summary) -> str:
    found = f"{numbers.count(model.tasks, 'task')}, {numbers.count(model.attempts, 'attempt')}"
    if model.left_out:
        found += f", {numbers.count(len(model.left_out), 'task')} left out"
    if model.failed_attempts:
        found += f", {numbers.count(model.failed_attempts, 'attempt')} failed by the infrastructure"
    return found


def facts(model: Summary) -> list[Fact]:
    expert = model.against_expert
    return [
        Fact(
            "Against the expert's patch",
            f"{expert.wins} won, {expert.ties} tied ({expert.undecided} undecided), "
            f"{expert.losses} lost ({expert.rejected} rejected)",
        ),
        Fact("Slower than base", _regressions(model)),
        *(Fact(f"{one.title} hangs on", _hangs(one)) for one in model.influence),
    ]


def listings(report: Report) -> list[Listing]:
    """All that no figure shows, in the order of its weight."""
    found = {
        "Quarantined": [f"{one.instance_id}: {one.reason}" for one in report.quarantined],
        "Failed by the infrastructure": [_attempt(one) for one in report.failed],
        "Without any result": [f"{one.model}: {', '.join(one.instances)}" for one in report.missing],
        "Not scored, or scored as another patch": [_attempt(one) for one in report.unfinished],
        "Scored again, the later verdict counts": [_attempt(one) for one in report.replaced],
        "Notes": list(report.notes),
    }
    return [Listing(title, tuple(entries)) for title, entries in found.items() if entries]


def _regressions(model: Summary) -> str:
    found = [
        f"{one.task} ({numbers.ratio(one.ratio)}{''.join(f'; {word}' for word in one.worse)})"
        for one in model.regressions
    ]
    return _cut(found) or "none"


def _hangs(one: Hangs) -> str:
    """The ten tasks that move it most, and the figure without them."""
    names = ", ".join(f"{task.task} ({task.change:+.3g})" for task in one.most[:3])
    if one.rest is None:
        return names
    rest = amount(one.rest, one.unit)
    return f"{names}; {rest} without the {numbers.count(len(one.most), 'task')} that move it most"


def _attempt(one: Attempt) -> str:
    reason = f": {one.reason}" if one.reason else ""
    return f"{one.model}, {one.instance_id}, attempt {one.attempt}{reason}"


def _cut(found: Sequence[str]) -> str:
    rest = len(found) - _MOST_NAMED
    return ", ".join(found[:_MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")
