"""What a command prints on stdout when a run has ended, and its exit code."""

from __future__ import annotations

from pathlib import Path

import click

from hotloop.agent.result import RunResult, Status

CODES = {Status.IMPROVED: 0, Status.NO_IMPROVEMENT: 3, Status.STOPPED: 4, Status.FAILED: 1}

json_flag = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")


def print_result(result: RunResult, folder: Path | None, *, as_json: bool) -> int:
    """The object of `--json`, or the summary of the run in `folder`. Returns the exit code."""
    if as_json:
        click.echo(result.model_dump_json(indent=2))
    elif folder is not None:
        print_summary(folder)
    else:
        click.echo(f"run {result.run_id}: {result.status.value.replace('_', ' ')}")
    return CODES[result.status]


def print_summary(folder: Path) -> None:
    from rich.console import Console

    from hotloop.agent.report.terminal import terminal_summary
    from hotloop.agent.run import load

    Console(highlight=False).print(terminal_summary(load(folder)))


def folder_of(result: RunResult) -> Path | None:
    """The run's folder, which its report lies in."""
    return Path(result.report).parent if result.report else None
