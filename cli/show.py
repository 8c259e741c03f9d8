"""hotloop show RUN: how it ended, again."""

from __future__ import annotations

import click

from hotloop.cli.output import json_flag, print_result
from hotloop.cli.where import find_run, run_argument


@click.command("show")
@run_argument
@json_flag
def command(run: str, as_json: bool) -> int:
    """Show how RUN ended. RUN is an id, the start of one, or a run's folder."""
    folder = find_run(run)

    from hotloop.agent.run import load

    print_result(load(folder).result, folder, as_json=as_json)
    return 0
