"""hotloop eval import: another benchmark's dataset as Hotloop's instances."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command("import")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["swefficiency", "gso", "sweperf"]),
    required=True,
    help="Whose format FILE has.",
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path), help="Write there, not to stdout.")
def import_command(*, format_: str, file: Path, out: Path | None) -> int:
    """Turn a published dataset into instances, one JSON line each.

    FILE is the dataset as JSON lines or as one JSON array. Nothing is fetched, run or checked
    but the fields.
    """
    from hotloop.agent.folder import write_text
    from hotloop.agent.report.numbers import count
    from hotloop.repos.instances import dump_instances, import_instances

    text = dump_instances(found := import_instances(file, format_))
    if out is None:
        sys.stdout.write(text)
    else:
        write_text(out, text)
    click.echo(count(len(found), "instance"), err=True)
    return 0
