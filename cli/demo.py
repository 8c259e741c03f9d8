"""hotloop demo: the whole loop on a small library, with no key, no Docker and no network."""

from __future__ import annotations

from pathlib import Path

import click

from hotloop.cli.live import open_view
from hotloop.cli.output import folder_of, json_flag, print_result

DEMO = Path(__file__).parent / "demo_repo"


@click.command("demo")
@json_flag
@click.option("--out", metavar="DIR", type=click.Path(path_type=Path), help="Folder to make the run's in.")
def command(as_json: bool, out: Path | None) -> int:
    """Optimize a small library that comes with Hotloop, with the catalog of rewrites."""
    from hotloop.agent import run

    with open_view() as view:
        result = run.demo(library=DEMO, out=out, listener=view)
    return print_result(result, folder_of(result), as_json=as_json)
