"""The end of a run on a terminal: the figure, what was tried, what it cost, where the rest lies."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hotloop.agent.report.escape import line
from hotloop.agent.report.proof import Fact
from hotloop.agent.report.view import CandidateLine, View, view
from hotloop.agent.result import RunRecord, Status

_COLOURS = {
    Status.IMPROVED: "bold green",
    Status.NO_IMPROVEMENT: "bold",
    Status.STOPPED: "bold yellow",
    Status.FAILED: "bold red",
}
_STATUS_COLOURS = {"published": "bold green", "accepted": "green", "rejected": "red", "unusable": "red"}
_MOST_CANDIDATES = 20
_MOST_NOTES = 5


def terminal_summary(record: RunRecord) -> RenderableType:
    """For `rich`; every text in it is a `Text`, so that no markup of a target is read."""
    page = view(record)
    parts: list[RenderableType] = [
        Text(page.headline, style=_COLOURS[record.result.status]),
        Text(line(page.subline, 600)),
        Text(),
    ]
    if page.candidates:
        parts += [_candidates(page), Text()]
    parts += [facts_table(_shown_facts(page)), *_notes(page), Text(), facts_table(_places(record))]
    return Group(*parts)


def _candidates(page: View) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("candidate", "status", "speedup", "reason"):
        table.add_column(name, overflow="fold", no_wrap=name in {"status", "speedup"})
    for one in page.candidates[-_MOST_CANDIDATES:]:
        table.add_row(*_row(one))
    return table


def _row(one: CandidateLine) -> tuple[Text, ...]:
    reason = ": ".join(part for part in (one.gate, one.reason) if part)
    return (
        Text(f"{one.id} {line(one.summary, 160)}"),
        Text(one.status, style=_STATUS_COLOURS.get(one.status, "")),
        Text(one.speedup),
        Text(line(reason, 120)),
    )


def _shown_facts(page: View) -> list[Fact]:
    tests = ", ".join(f"{fact.value} {fact.name.lower()}" for fact in page.tests)
    cost = {fact.name: fact.value for fact in page.cost}
    spent = f"{cost['Wall time']}, {cost['Model requests']} model requests, {cost['Dollars']}"
    proof = [fact for fact in page.proof if fact.name in {"Base against base", "Peak memory"}]
    return [*proof, *([Fact("Tests", tests)] if tests else []), Fact("Cost", spent)]


def _notes(page: View) -> list[RenderableType]:
    shown = page.unchecked[:_MOST_NOTES]
    rest = len(page.unchecked) - len(shown)
    lines = [Text(f"Note: {line(note, 300)}", style="yellow") for note in shown]
    return [*lines, *([Text(f"and {rest} more notes in the report", style="dim")] if rest else [])]


def _places(record: RunRecord) -> list[Fact]:
    result = record.result
    rows = [Fact("Report", result.report or ""), Fact("Patch", result.patch or "")]
    if result.patch:
        rows.append(Fact("Apply it", f"hotloop apply {result.run_id}"))
    if result.status is Status.STOPPED:
        rows.append(Fact("Go on", f"hotloop resume {result.run_id}"))
    return [row for row in rows if row.value]


def facts_table(rows: list[Fact]) -> RenderableType:
    """Names and values in two columns, the values made safe."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for row in rows:
        table.add_row(Text(row.name), Text(line(row.value, 4000)))
    return table
