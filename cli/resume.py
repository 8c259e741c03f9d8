"""hotloop resume RUN: go on where it was, without paying twice."""

from __future__ import annotations

import click

from hotloop.cli.live import open_view
from hotloop.cli.output import folder_of, json_flag, print_result
from hotloop.cli.where import find_run, run_argument


@click.command("resume")
@run_argument
@json_flag
def command(run: str, as_json: bool) -> int:
    """Go on with RUN, which was stopped or killed. Replies that were paid for are not paid again."""
    folder = find_run(run)

    from hotloop.agent.run import resume

    with open_view() as view:
        result = resume(folder, listener=view)
    return print_result(result, folder_of(result) or folder, as_json=as_json)
