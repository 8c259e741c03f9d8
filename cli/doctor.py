"""hotloop doctor: what this machine can measure, and what stands in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hotloop.cli.live import open_view
from hotloop.cli.options import setting_flags
from hotloop.cli.output import json_flag

if TYPE_CHECKING:
    from hotloop.agent.doctor import Diagnosis


@click.command("doctor")
@click.option("--noise", is_flag=True, help="Measure for about 20 s what this machine's noise hides.")
@setting_flags(("sandbox",))
@json_flag
def command(*, noise: bool, as_json: bool, **flags: Any) -> int:
    """Say what this machine can measure, what each sandbox holds here, and what would help.

    Changes nothing and needs no network. Exit code 1 where no sandbox can be used.
    """
    import os

    from hotloop.agent.doctor import diagnose
    from hotloop.cli.settings import resolve

    settings = resolve(flags, os.environ).settings
    with open_view() as view:
        found = diagnose(
            settings.sandbox,
            noise=noise,
            confidence=settings.confidence,
            log=lambda message: view({"event": "log", "message": message}),
        )
    if as_json:
        click.echo(found.model_dump_json(indent=2))
    else:
        _print(found)
    return 0 if any(one.usable for one in found.sandboxes) else 1


def _print(found: Diagnosis) -> None:
    from rich.console import Console

    from hotloop.agent.report.doctor import diagnosis_page

    Console(highlight=False).print(diagnosis_page(found))
