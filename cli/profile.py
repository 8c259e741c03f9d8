"""hotloop profile: where a workload's time goes, and what it could gain."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from hotloop.cli.live import open_view
from hotloop.cli.optimize import settle
from hotloop.cli.options import setting_flags
from hotloop.cli.output import json_flag

if TYPE_CHECKING:
    from hotloop.profilers.profile import Hotspot


@click.command("profile")
@click.argument("repo")
@setting_flags(("workload", "profiler"))
@click.option(
    "--top", metavar="N", type=click.IntRange(min=1), default=15, show_default=True, help="Most rows."
)
@json_flag
def command(repo: str, top: int, as_json: bool, **flags: Any) -> int:
    """Show where the time of REPO's workload goes.

    "own" is time in a function's own lines, library calls in them included; "total"
    includes all that it calls; "bound" is the speedup of the whole if it cost nothing.
    """
    from hotloop.agent import run
    from hotloop.repos.source import open_source

    source = open_source(repo)
    resolved = settle(flags, None, source)
    with open_view() as view:
        spots = run.profile(source, resolved.settings, top=top, listener=view)
    if as_json:
        hotspots = [spot.model_dump(mode="json") for spot in spots]
        click.echo(json.dumps({"schema_version": 1, "hotspots": hotspots}, indent=2))
    else:
        _print_table(spots)
    return 0


def _print_table(spots: Sequence[Hotspot]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from hotloop.agent.report.escape import line
    from hotloop.agent.report.numbers import percent, ratio

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("own", "total", "bound"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("function", overflow="fold")
    table.add_column("where", overflow="fold")
    for spot in spots:
        shares = percent(spot.self_share), percent(spot.total_share), ratio(spot.bound)
        table.add_row(*shares, Text(line(spot.function)), Text(line(f"{spot.file}:{spot.line}")))
    Console(highlight=False).print(table)
