"""The report on a terminal: a table for each model, how models compare, what was left out."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hotloop.agent.evaluation import words
from hotloop.agent.evaluation.report import Report
from hotloop.agent.evaluation.summary import Contrast, Figure, Summary
from hotloop.agent.report.escape import line
from hotloop.agent.report.terminal import facts_table

_MOST_LISTED = 20


def report_page(report: Report) -> RenderableType:
    """For `rich`; every text in it is a `Text`, so that no markup of a name is read."""
    return Group(
        Text(line(report.dataset), style="bold"),
        Text(words.heading(report)),
        *(part for model in report.models for part in _model(model)),
        *_contrasts(report.contrasts),
        *(part for listing in words.listings(report) for part in _listed(listing)),
    )


def _model(model: Summary) -> list[RenderableType]:
    return [
        Text(),
        Text(line(model.model), style="bold"),
        Text(words.counted(model)),
        _figures(model.figures),
        facts_table(words.facts(model)),
    ]


def _figures(figures: Sequence[Figure]) -> Table:
    table = _table(("metric", "value", "95 % over tasks", ""))
    for one in figures:
        spread = words.span(one.low, one.high, one.unit)
        table.add_row(Text(one.title), Text(words.value_of(one)), Text(spread), Text(one.note))
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
            Text(words.amount(one.value, one.unit, signed=True)),
            Text(words.span(one.low, one.high, one.unit, signed=True)),
            Text(str(one.tasks)),
        )
    return [Text(), Text("Models compared, on the tasks of both", style="bold"), table]


def _listed(listing: words.Listing) -> list[RenderableType]:
    entries = [Text(f"  {line(text, 300)}") for text in listing.entries]
    rest = len(entries) - _MOST_LISTED
    more = [Text(f"  and {rest} more in --json", style="dim")] if rest > 0 else []
    title = Text(f"{listing.title}: {len(entries)}", style="bold")
    return [Text(), title, *entries[:_MOST_LISTED], *more]


def _table(names: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in names:
        table.add_column(name, overflow="fold")
    return table
