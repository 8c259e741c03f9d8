"""hotloop images: the environments that are kept, made ahead and removed."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import click

from hotloop.cli.clean import show
from hotloop.cli.live import open_view
from hotloop.cli.options import setting_flags
from hotloop.cli.output import json_flag
from hotloop.cli.retention import rule_flags, rule_of

if TYPE_CHECKING:
    from hotloop.sandboxes.stored import StoredEnvironment


@click.group("images")
def command() -> None:
    """Environments: Docker images and virtual environments, made once for all tasks that need the same."""


@command.command("list")
@json_flag
def list_command(*, as_json: bool) -> int:
    """List all environments with size, age, last use and what used them, the last used first."""
    from hotloop.agent.cleaning import environments, reached_engine

    notes: list[str] = []
    with reached_engine(notes) as engine:
        found = environments(engine)
    if as_json:
        rows = [_described(one) for one in found]
        click.echo(json.dumps({"schema_version": 1, "environments": rows, "notes": notes}, indent=2))
    else:
        _print_list(found, notes)
    return 0


def _described(one: StoredEnvironment) -> dict[str, Any]:
    return {
        "sandbox": one.backend,
        "name": one.name,
        "python": one.python,
        "bytes": one.size,
        "made": one.made,
        "last_used": one.last_used,
        "in_use": one.busy,
        "used_by": list(dict.fromkeys(use.what for use in one.uses)),
    }


def _print_list(found: list[StoredEnvironment], notes: list[str]) -> None:
    import os

    from hotloop.agent.report.escape import line
    from hotloop.agent.report.numbers import count, size

    for one in found:
        click.echo("  ".join(f"{line(cell, 200):<{width}}" for cell, width in _cells(one)).rstrip())
    for note in notes:
        click.echo(line(note, 400), err=True)
    rule = rule_of({}, os.environ).rule
    total = size(sum(one.size for one in found))
    click.echo(
        f"{count(len(found), 'environment')}, {total}; `hotloop images clean` keeps {size(rule.size)} "
        f"and what was used in the last {rule.age / 86_400:g} days"
    )


def _cells(one: StoredEnvironment) -> list[tuple[str, int]]:
    """Each with its width."""
    from hotloop.agent.report.numbers import size

    used = ", ".join(dict.fromkeys(use.what for use in reversed(one.uses)))
    return [
        (one.name, 36),
        (one.backend, 10),
        (f"Python {one.python}" if one.python else "", 14),
        (size(one.size), 9),
        (f"made {_ago(one.made)} ago", 16),
        ("in use" if one.busy else f"used {_ago(one.last_used)} ago", 16),
        (used, 0),
    ]


def _ago(when: float) -> str:
    seconds = max(0.0, time.time() - when)
    for unit, one in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= one:
            return f"{seconds / one:.0f} {unit}"
    return f"{seconds:.0f} s"


@command.command("build")
@click.argument("repo")
@click.option("--task", metavar="FILE", type=click.Path(), help="Task file to use.")
@setting_flags(("env", "env_files", "python", "subdir", "sandbox"))
@json_flag
def build_command(*, repo: str, task: str | None, as_json: bool, **flags: Any) -> int:
    """Make REPO's environment ahead, so that no run has to wait for it."""
    from pathlib import Path

    from hotloop.agent.environments import build_ahead
    from hotloop.cli.optimize import settle
    from hotloop.repos.source import open_source

    source = open_source(repo)
    settings = settle(flags, None if task is None else Path(task), source).settings
    with open_view() as view:
        made = build_ahead(source, settings, lambda message: view({"event": "log", "message": message}))
    if as_json:
        row = {"sandbox": made.backend, "identity": made.identity, "python": ".".join(map(str, made.version))}
        click.echo(json.dumps({"schema_version": 1, **row}, indent=2))
    else:
        click.echo(
            f"{made.identity[:24]} is there for {made.backend}, Python {made.version[0]}.{made.version[1]}"
        )
    return 0


@command.command("clean")
@rule_flags
@click.option("--dry-run", is_flag=True, help="Say what would be removed; remove nothing.")
@json_flag
def clean_command(*, dry_run: bool, as_json: bool, **flags: Any) -> int:
    """Remove environments past the rule: too long unused, and the longest unused while all take too much.

    What a live process uses stays. The rule's defaults: $HOTLOOP_KEEP_AGE and $HOTLOOP_KEEP_SIZE.
    """
    import os

    from hotloop.agent.cleaning import clean

    done = clean(rule_of(flags, os.environ).rule, images=True, left=False, dry_run=dry_run)
    return show(done, dry_run=dry_run, as_json=as_json)
