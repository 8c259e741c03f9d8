"""hotloop eval: datasets of performance tasks, and what was scored on them."""

from __future__ import annotations

import click

from hotloop.cli.eval_import import import_command
from hotloop.cli.eval_report import report_command


@click.group("eval")
def command() -> None:
    """Datasets of performance tasks from elsewhere, and reports of what was scored on them."""


command.add_command(import_command)
command.add_command(report_command)
