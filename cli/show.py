"""hotloop show RUN: how it ended, again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hotloop.cli.output import json_flag, print_result
from hotloop.cli.where import find_run, run_argument

if TYPE_CHECKING:
    from hotloop.agent.result import RunRecord


@click.command("show")
@run_argument
@click.option(
    "--export",
    type=click.Choice(["pyperf"]),
    help="Write the published measurement's samples into the run's folder, for pyperf compare_to.",
)
@json_flag
def command(run: str, export: str | None, as_json: bool) -> int:
    """Show how RUN ended. RUN is an id, the start of one, or a run's folder."""
    folder = find_run(run)

    from hotloop.agent.run import load

    record = load(folder)
    if export is not None:
        for place in _for_pyperf(record, folder):
            click.echo(str(place), err=as_json)
        if not as_json:
            return 0
    print_result(record.result, folder, as_json=as_json)
    return 0


def _for_pyperf(record: RunRecord, folder: Path) -> tuple[Path, ...]:
    import json

    from hotloop.errors import UsageError
    from hotloop.profilers.pyperf_export import write_suites

    samples = folder / "samples.json"
    if record.verdict is None or not samples.is_file():
        raise UsageError(f"Run {folder.name} ended without a last measurement", "There is nothing to export")
    name = Path(record.repo).name or "workload"
    return write_suites(json.loads(samples.read_bytes()), folder, name=name, metric=record.verdict.metric)
