"""hotloop profile: where a workload's time goes, and what it could gain."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hotloop.cli.live import open_view
from hotloop.cli.optimize import settle
from hotloop.cli.options import setting_flags
from hotloop.cli.output import json_flag
from hotloop.errors import UsageError

if TYPE_CHECKING:
    from hotloop.profilers.profile import Hotspot, Profile

KINDS = ("speedscope", "collapsed", "svg")


@click.command("profile")
@click.argument("repo")
@setting_flags(
    ("workload", "command", "env", "env_files", "python", "rebuild", "subdir", "sandbox", "profiler")
)
@click.option(
    "--top", metavar="N", type=click.IntRange(min=1), default=15, show_default=True, help="Most rows."
)
@click.option("--facts", is_flag=True, help="Also show arguments, callers, lines and memory.")
@click.option("--native", is_flag=True, help="Also sample C functions; py-spy only, and slower.")
@click.option("--export", "kind", type=click.Choice(KINDS), help="Also write the profile in this format.")
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path), help="File to export to; -: stdout.")
@json_flag
def command(
    *,
    repo: str,
    top: int,
    facts: bool,
    native: bool,
    kind: str | None,
    out: Path | None,
    as_json: bool,
    **flags: Any,
) -> int:
    """Show where the time of REPO's workload goes.

    "own" is time in a function's own lines, library calls in them included; "total"
    includes all that it calls; "bound" is the speedup of the whole if it cost nothing.
    Functions are ordered by what an edit of them could change: callers that ask too
    often come before the callees that they ask. callgrind counts instructions of C
    functions instead, and memray the bytes held when a call holds most.
    """
    from hotloop.agent import run
    from hotloop.repos.source import open_source

    if out is not None and kind is None:
        raise UsageError("--out names a file, and nothing is exported", f"Add --export {'|'.join(KINDS)}")
    source = open_source(repo)
    resolved = settle(flags, None, source)
    with open_view(resumable=False) as view:
        taken = run.profile(source, resolved.settings, native=native, listener=view)
    spots = taken.hotspots[:top]
    if kind is not None:
        _write(taken.profile, kind, source.name, out)
    if kind is None or str(out) != "-":
        _show(taken.profile, spots, facts=facts, as_json=as_json)
    return 0


def _write(profile: Profile, kind: str, name: str, out: Path | None) -> None:
    from hotloop.profilers.exports import EXPORTS, export

    text = export(profile, kind, name)
    if str(out) == "-":
        click.echo(text, nl=False)
        return
    place = out or Path(f"{name}{EXPORTS[kind][1]}")
    try:
        place.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(f"Cannot write {place}: {error.strerror}", "Name another file with --out") from error
    click.echo(f"wrote {place}", err=True)


def _show(profile: Profile, spots: Sequence[Hotspot], *, facts: bool, as_json: bool) -> None:
    if as_json:
        shown = {
            "schema_version": 1,
            "profiler": profile.profiler,
            "unit": profile.unit,
            "total": profile.total,
            "hotspots": [spot.model_dump(mode="json") for spot in spots],
        }
        click.echo(json.dumps(shown, indent=2))
        return
    _print_table(spots)
    if facts:
        _print_facts(spots)


def _print_table(spots: Sequence[Hotspot]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from hotloop.agent.report.escape import line
    from hotloop.agent.report.numbers import percent, ratio

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("own", "total", "bound", "calls"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("function", overflow="fold")
    table.add_column("where", overflow="fold")
    for spot in spots:
        where = f"{spot.file}:{spot.line}" if spot.line else spot.file
        figures = percent(spot.self_share), percent(spot.total_share), ratio(spot.bound), _calls(spot)
        table.add_row(*figures, Text(line(spot.function)), Text(line(where)))
    Console(highlight=False).print(table)


def _calls(spot: Hotspot) -> str:
    """Per call of the workload where that was counted, else in all."""
    if spot.facts is not None:
        return f"{spot.facts.calls:,.0f}"
    return "" if spot.calls is None else f"{spot.calls:,}"


def _print_facts(spots: Sequence[Hotspot]) -> None:
    from hotloop.agent.report.escape import line

    for spot in spots:
        click.echo(f"\n{line(spot.function)} ({line(f'{spot.file}:{spot.line}')})")
        for text in _facts(spot):
            click.echo(f"  {line(text)}")


def _facts(spot: Hotspot) -> Iterator[str]:
    from hotloop.agent.prompts.facts import fact_lines

    yield from fact_lines(spot)
