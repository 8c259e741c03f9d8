"""The report on a terminal: a table for each model, how models compare, what was left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hotloop.agent.evaluation.metrics.base import Unit
from hotloop.agent.evaluation.report import Attempt, Report
from hotloop.agent.evaluation.summary import Contrast, Figure, Hangs, Summary
from hotloop.agent.report import numbers
from hotloop.agent.report.escape import line
from hotloop.agent.report.proof import Fact
from hotloop.agent.report.terminal import facts_table

_MOST_LISTED = 20


def report_page(report: Report) -> RenderableType:
    """For `rich`; every text in it is a `Text`, so that no markup of a name is read."""
    return Group(
        Text(line(report.dataset), style="bold"),
        Text(f"{numbers.count(report.instances, 'instance')}, {len(report.quarantined)} quarantined"),
        *(part for model in report.models for part in _model(model)),
        *_contrasts(report.contrasts),
        *_listed("Quarantined", (f"{one.instance_id}: {one.reason}" for one in report.quarantined)),
        *_listed("Failed by the infrastructure", map(_attempt, report.failed)),
        *_listed(
            "Without any result",
            (f"{one.model}: {', '.join(one.instances)}" for one in report.missing),
        ),
        *_listed("Not scored, or scored as another patch", map(_attempt, report.unfinished)),
        *_listed("Scored again, the later verdict counts", map(_attempt, report.replaced)),
        *_listed("Notes", report.notes),
    )


def _model(model: Summary) -> list[RenderableType]:
    expert = model.against_expert
    facts = [
        Fact(
            "Against the expert's patch",
            f"{expert.wins} won, {expert.ties} tied ({expert.undecided} undecided), "
            f"{expert.losses} lost ({expert.rejected} rejected)",
        ),
        Fact("Slower than base", _regressions(model)),
        *(Fact(f"{one.title} hangs on", _hangs(one)) for one in model.influence),
    ]
    counted = f"{numbers.count(model.tasks, 'task')}, {numbers.count(model.attempts, 'attempt')}"
    failed = f", {model.failed_attempts} failed by the infrastructure" if model.failed_attempts else ""
    return [
        Text(),
        Text(line(model.model), style="bold"),
        Text(counted + failed),
        _figures(model.figures),
        facts_table(facts),
    ]


def _figures(figures: Sequence[Figure]) -> Table:
    table = _table(("metric", "value", "95 % over tasks", ""))
    for one in figures:
        value = "none" if one.value is None else amount(one.value, one.unit)
        table.add_row(Text(one.title), Text(value), Text(span(one.low, one.high, one.unit)), Text(one.note))
    return table


def _contrasts(contrasts: Sequence[Contrast]) -> list[RenderableType]:
    if not contrasts:
        return []
    table = _table(("first", "second", "metric", "first to second", "95 % over tasks", "tasks"))
    for one in contrasts:
        table.add_row(
            Text(line(one.first, 60)),
            Text(line(one.second, 60)),
            Text(one.title),
            Text(amount(one.value, one.unit, signed=True)),
            Text(span(one.low, one.high, one.unit, signed=True)),
            Text(str(one.tasks)),
        )
    return [Text(), Text("Models compared, on the tasks of both", style="bold"), table]


def amount(value: float, unit: Unit, *, signed: bool = False) -> str:
    """As people read it; signed: a difference, where the unit has one."""
    if unit == "ratio":
        return f"{value:.3g}×" if value < 0.1 else numbers.ratio(value)
    if unit == "dollars":
        return numbers.dollars(value)
    sign = "+" if signed and value > 0 else ""
    return sign + (numbers.percent(value) if unit == "share" else f"{value:.3f}")


def span(low: float | None, high: float | None, unit: Unit, *, signed: bool = False) -> str:
    """An interval; empty where there is none."""
    if low is None:
        return ""
    end = "no bound" if high is None else amount(high, unit, signed=signed)
    return f"{amount(low, unit, signed=signed)} to {end}"


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
    return f"{one.model}, {one.instance_id}, attempt {one.attempt}" + (
        f": {one.reason}" if one.reason else ""
    )


def _listed(title: str, found: Iterable[str]) -> list[RenderableType]:
    entries = [Text(f"  {line(text, 300)}") for text in found]
    if not entries:
        return []
    rest = len(entries) - _MOST_LISTED
    more = [Text(f"  and {rest} more in --json", style="dim")] if rest > 0 else []
    return [Text(), Text(f"{title}: {len(entries)}", style="bold"), *entries[:_MOST_LISTED], *more]


def _cut(found: Sequence[str]) -> str:
    rest = len(found) - _MOST_LISTED
    return ", ".join(found[:_MOST_LISTED]) + (f" and {rest} more" if rest > 0 else "")


def _table(names: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in names:
        table.add_column(name, overflow="fold")
    return table
