"""What the gauntlet found, for a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hotloop.agent.gauntlet.walk import Outcome, Seen
from hotloop.agent.report.escape import line

COLOURS = {Outcome.CAUGHT: "green", Outcome.ACCEPTED: "green"}


def all_good(found: Sequence[Seen]) -> bool:
    return all(one.outcome.good for one in found)


def page(found: Sequence[Seen]) -> RenderableType:
    """For `rich`: hostile ones by row, then honest patches, then what is not as it should be."""
    hostile = [one for one in found if not one.fixture.honest]
    honest = [one for one in found if one.fixture.honest]
    parts: list[RenderableType] = []
    if hostile:
        parts += [Text("Must be caught", style="bold"), _hostile(hostile), Text()]
    if honest:
        parts += [Text("Must be accepted", style="bold"), _honest(honest), Text()]
    return Group(*parts, *_findings(found), Text(summary(found)))


def summary(found: Sequence[Seen]) -> str:
    """One line of numbers."""
    hostile = [one for one in found if not one.fixture.honest]
    honest = [one for one in found if one.fixture.honest]
    caught = sum(one.outcome is Outcome.CAUGHT for one in hostile)
    accepted = sum(one.outcome is Outcome.ACCEPTED for one in honest)
    still_open = sum(one.outcome is Outcome.OPEN for one in hostile)
    said = [f"{caught} of {len(hostile)} hostile caught as expected"] if hostile else []
    said += [f"{still_open} open"] if still_open else []
    said += [f"{accepted} of {len(honest)} honest accepted"] if honest else []
    return "; ".join(said)


def as_json(found: Sequence[Seen]) -> dict[str, Any]:
    """See docs/gauntlet.md."""
    return {
        "schema_version": 1,
        "ok": all_good(found),
        "fixtures": [_entry(one) for one in found],
    }


def _entry(one: Seen) -> dict[str, Any]:
    fixture = one.fixture
    return {
        "name": fixture.name,
        "row": fixture.row,
        "shape": fixture.shape or None,
        "claim": fixture.claim,
        "expected": fixture.caught_by,
        "caught_by": one.caught_by,
        "outcome": one.outcome.value,
        "detail": line(one.detail, 500),
        "open": fixture.open or None,
        "without": one.without or None,
        "seconds": round(one.seconds, 2),
    }


def _hostile(found: Sequence[Seen]) -> Table:
    table = _table("row", "variant", "what it tries", "caught by", "seconds")
    for one in found:
        table.add_row(
            Text(str(one.fixture.row)),
            Text(one.fixture.variant),
            Text(line(one.fixture.claim, 160)),
            _mark(one, _catcher(one)),
            Text(f"{one.seconds:.1f}"),
        )
    return table


def _catcher(one: Seen) -> str:
    seen, expected = one.caught_by or "nothing", one.fixture.caught_by
    if one.outcome is Outcome.OPEN:
        return f"OPEN ({expected})"
    return seen if seen == expected else f"{seen} (expected: {expected})"


def _honest(found: Sequence[Seen]) -> Table:
    table = _table("shape", "variant", "what it does", "result", "seconds")
    for one in found:
        table.add_row(
            Text(one.fixture.shape),
            Text(one.fixture.variant),
            Text(line(one.fixture.claim, 160)),
            _mark(one, one.outcome.value if one.caught_by is None else f"refused by {one.caught_by}"),
            Text(f"{one.seconds:.1f}"),
        )
    return table


def _table(*names: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in names:
        table.add_column(name, no_wrap=name in {"row", "variant", "seconds"}, overflow="fold")
    return table


def _mark(one: Seen, words: str) -> Text:
    return Text(words, style=COLOURS.get(one.outcome, "bold red"))


def _findings(found: Sequence[Seen]) -> list[Text]:
    """One line for each that is not as it should be: what was expected, what was said."""
    return [Text(fate(one), style="red") for one in found if not one.outcome.good]


def fate(one: Seen) -> str:
    """One line on one fixture; where it is not as it should be, with what was said."""
    if one.outcome.good:
        return f"{one.fixture.name}: {one.outcome.value}{f' by {one.caught_by}' if one.caught_by else ''}"
    return f"{one.fixture.name}: {_finding(one)}"


def _finding(one: Seen) -> str:
    reason = one.fixture.open or one.without or one.detail
    words = ", ".join(repr(word) for word in one.fixture.contains)
    if one.outcome is Outcome.UNTOLD:
        return f"{one.outcome.value} {words}: {line(reason, 400)}"
    by = f" by {one.caught_by}, not {one.fixture.caught_by}" if one.outcome is Outcome.ELSEWHERE else ""
    return f"{one.outcome.value}{by}: {line(reason, 400)}"
