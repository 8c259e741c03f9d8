"""hotloop report RUN: the reports, made again from the record."""

from __future__ import annotations

import click

from hotloop.cli.where import find_run, run_argument


@click.command("report")
@run_argument
def command(run: str) -> int:
    """Write RUN's report.md and report.html again and print their paths."""
    folder = find_run(run)

    from hotloop.agent.report.render import write_reports
    from hotloop.agent.run import load

    written = write_reports(load(folder), folder)
    click.echo(f"{written}\n{written.with_suffix('.html')}")
    return 0
