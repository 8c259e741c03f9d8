"""hotloop gauntlet: does anything false get through the gates, and does everything honest?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from hotloop.cli.output import json_flag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotloop.agent.gauntlet.fixture import Fixture
    from hotloop.agent.gauntlet.walk import Seen


@click.command("gauntlet")
@click.option(
    "--only",
    metavar="WORD",
    multiple=True,
    help="A row's number, a part of a variant's name, a shape, a gate or a base. Repeatable.",
)
@click.option("--full", is_flag=True, help="Walk each again without its gate: no other may catch it.")
@click.option(
    "--sandbox",
    type=click.Choice(["local", "bubblewrap", "docker"]),
    default="local",
    show_default=True,
    help="Where the fixtures' code runs.",
)
@json_flag
def command(*, only: tuple[str, ...], full: bool, sandbox: str, as_json: bool) -> int:
    """Send cheats, bad replies and honest patches through every gate, and print what became of each.

    Needs no repository, no key and no network. Exit code 1 where one that must be caught is not,
    or is caught by another gate than the one it is for, or where an honest patch is refused.
    """
    from hotloop.agent.gauntlet.fixture import load_fixtures
    from hotloop.agent.gauntlet.page import all_good
    from hotloop.agent.gauntlet.page import as_json as found_json

    found = _run(load_fixtures(only), sandbox, full)
    if as_json:
        click.echo(json.dumps(found_json(found), indent=2, ensure_ascii=False))
    else:
        _print(found)
    return 0 if all_good(found) else 1


def _run(fixtures: Sequence[Fixture], sandbox: str, full: bool) -> list[Seen]:
    """Progress goes to stderr, one line a fixture."""
    from hotloop.agent.gauntlet.ground import Ground
    from hotloop.agent.gauntlet.page import fate
    from hotloop.agent.gauntlet.walk import try_all
    from hotloop.sandboxes.owners import temporary_folder

    found: list[Seen] = []
    with temporary_folder("gauntlet") as place:
        ground = Ground(place, sandbox)
        try:
            for seen in try_all(ground, fixtures, full=full):
                found.append(seen)
                click.echo(f"[{len(found)}/{len(fixtures)}] {fate(seen)}", err=True)
        finally:
            ground.close()
    return found


def _print(found: Sequence[Seen]) -> None:
    from rich.console import Console

    from hotloop.agent.gauntlet.page import page

    Console(highlight=False).print(page(found))
