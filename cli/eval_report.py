"""hotloop eval report: the figures again, from what was saved."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hotloop.cli.output import json_flag

if TYPE_CHECKING:
    from hotloop.agent.evaluation.folder import Evaluation
    from hotloop.agent.evaluation.report import Report


@click.command("report", short_help="Show what was scored: metrics, intervals, comparisons.")
@click.argument("folders", metavar="DIR...", nargs=-1, required=True, type=click.Path(path_type=Path))
@json_flag
@click.option("--html", "as_html", is_flag=True, help="Write pages into DIR/report, too; the first DIR's.")
def report_command(*, folders: tuple[Path, ...], as_json: bool, as_html: bool) -> int:
    """Show what was scored in each DIR: every model's metrics with intervals, and how models compare.

    Made from the saved results alone. Quarantined tasks and infrastructure failures are in no
    figure, and are listed.
    """
    from hotloop.agent.evaluation.report import make_report, read_all

    found = read_all(folders)
    report = make_report(found)
    if as_json:
        click.echo(report.model_dump_json(indent=2))
    else:
        _print(report)
    if as_html:
        click.echo(str(_write(report, found)), err=as_json)
    return 0


def _write(report: Report, found: list[Evaluation]) -> Path:
    from hotloop.agent.evaluation.html import write_pages

    return write_pages(report, found, found[0].path / "report")


def _print(report: Report) -> None:
    from rich.console import Console

    from hotloop.agent.evaluation.page import report_page

    Console(highlight=False).print(report_page(report))
