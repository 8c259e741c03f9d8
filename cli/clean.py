"""hotloop clean: remove what killed runs left behind, and what is older than the rule."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from hotloop.cli.output import json_flag
from hotloop.cli.retention import rule_flags, rule_of

if TYPE_CHECKING:
    from hotloop.agent.cleaning import Cleaning
    from hotloop.sandboxes.leftovers import Leftover


@click.command("clean")
@click.option("--runs", is_flag=True, help="Old runs of this folder too, by the rule.")
@click.option("--images", is_flag=True, help="Old environments too, images and virtual ones, by the rule.")
@rule_flags
@click.option("--dry-run", is_flag=True, help="Say what would be removed; remove nothing.")
@click.option("--print-config", is_flag=True, help="Show the rule and where it came from; remove nothing.")
@json_flag
def command(
    *, runs: bool, images: bool, dry_run: bool, print_config: bool, as_json: bool, **flags: Any
) -> int:
    """Remove what killed runs left behind: containers, processes, control groups, mounts, folders.

    What a live process works on is left alone, and so is what belongs to another
    machine. Exit code 1 where something could not be removed.
    """
    import os
    from pathlib import Path

    found = rule_of(flags, os.environ)
    if print_config:
        click.echo(json.dumps(found.described(), indent=2) if as_json else found.table())
        return 0
    from hotloop.agent.cleaning import clean

    done = clean(found.rule, runs=Path.cwd() if runs else None, images=images, dry_run=dry_run)
    return show(done, dry_run=dry_run, as_json=as_json)


def show(done: Cleaning, *, dry_run: bool, as_json: bool) -> int:
    """Print what was done; the exit code."""
    if as_json:
        click.echo(json.dumps(_described(done, dry_run), indent=2, ensure_ascii=False))
    else:
        _print(done, dry_run)
    return 1 if done.failed else 0


def _described(done: Cleaning, dry_run: bool) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "dry_run": dry_run,
        "removed": [_row(one) for one in done.found],
        "left_alone": [{**_row(one), "owner": one.life.value} for one in done.spared],
        "failed": [{**_row(one), "reason": reason} for one, reason in done.failed],
        "bytes": done.size,
        "notes": done.notes,
    }


def _row(one: Leftover) -> dict[str, Any]:
    return {"kind": one.kind, "name": one.name, "bytes": one.size}


def _print(done: Cleaning, dry_run: bool) -> None:
    from hotloop.agent.report.escape import line
    from hotloop.agent.report.numbers import count, size

    verb = "would remove" if dry_run else "removed"
    for one in done.found:
        click.echo(line(f"{verb} {one.kind} {one.name}" + (f" ({size(one.size)})" if one.size else ""), 400))
    for one in done.spared:
        click.echo(line(f"left alone {one.kind} {one.name}: {_reason(one)}", 400))
    for one, reason in done.failed:
        click.echo(line(f"cannot remove {one.kind} {one.name}: {reason}", 600), err=True)
    for note in done.notes:
        click.echo(line(note, 400), err=True)
    total = f"{count(len(done.found), 'thing')}, {size(done.size)}"
    click.echo(f"{verb} {total}" if done.found else "nothing to remove")


def _reason(one: Leftover) -> str:
    return (
        "its process lives" if one.life.value == "alive" else "made elsewhere, so that nobody here can tell"
    )
