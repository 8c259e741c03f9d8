"""hotloop apply RUN: take the patch."""

from __future__ import annotations

import click

from hotloop.agent.report.escape import line
from hotloop.cli.where import find_run, run_argument


@click.command("apply")
@run_argument
def command(run: str) -> int:
    """Apply RUN's verified patch to the work tree it was made for."""
    folder = find_run(run)

    from hotloop.agent.run import apply

    click.echo(line(apply(folder), 1000))
    return 0
