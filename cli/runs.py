"""hotloop runs: what was done here, newest last."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from hotloop.agent.report.escape import line
from hotloop.agent.report.numbers import ratio
from hotloop.agent.result import RunResult
from hotloop.cli.output import json_flag
from hotloop.cli.where import RUNS, run_folders


@click.command("runs")
@json_flag
def command(as_json: bool) -> int:
    """List the runs in .hotloop/runs of this folder, oldest first."""
    found = _results() if run_folders(RUNS) else []
    if as_json:
        rows = [one.model_dump(mode="json") for one in found]
        click.echo(json.dumps({"schema_version": 1, "runs": rows}, indent=2))
        return 0
    for one in found:
        speedup = ratio(one.speedup.ratio) if one.speedup else ""
        click.echo(f"{line(one.run_id, 60):<24}  {one.status.value:<14}  {speedup}".rstrip())
    if not found:
        click.echo(f"No runs in {RUNS}", err=True)
    return 0


def _results() -> Sequence[RunResult]:
    from hotloop.agent.run import runs

    return runs(RUNS)
