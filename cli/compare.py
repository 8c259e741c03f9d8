"""hotloop compare: whether one revision is faster than another, measured side by side."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hotloop.cli.live import open_view
from hotloop.cli.options import setting_flags
from hotloop.cli.output import json_flag
from hotloop.cli.types import SIZES
from hotloop.cli.where import find_comparison
from hotloop.errors import UsageError

if TYPE_CHECKING:
    from hotloop.agent.comparison import Request
    from hotloop.agent.comparison_record import Asked, CompareRecord

NOT_SHOWN = 3
_FLAGS = (
    *("workload", "command", "env", "env_files", "python", "rebuild", "subdir", "sandbox"),
    *("engine", "min_speedup", "confidence", "seed"),
)


@click.command("compare")
@click.argument("repo")
@click.option("--base", metavar="REV", help="The revision to compare with; HEAD when not given.")
@click.option("--candidate", metavar="REV", help="A revision, or a file with a git diff on the base.")
@setting_flags(_FLAGS)
@click.option(
    "--max-seconds",
    "measure_seconds",
    metavar="S",
    type=click.FloatRange(min=0, min_open=True),
    help="Most seconds to measure the two.  [default: 40]",
)
@click.option("--sizes", metavar="N,N,...", type=SIZES, help="Compare at these input sizes, too.")
@click.option("--instructions", is_flag=True, help="Count instructions, too, where they can be counted.")
@click.option("--energy", is_flag=True, help="Read joules, too, where the processor's meter can be read.")
@click.option("--replay", metavar="RUN", help="Make a comparison again: its id, or its folder.")
@click.option("--out", metavar="DIR", type=click.Path(path_type=Path), help="Folder to make the run's in.")
@json_flag
def command(
    *,
    repo: str,
    base: str | None,
    candidate: str | None,
    replay: str | None,
    out: Path | None,
    as_json: bool,
    sizes: tuple[int, ...] | None,
    instructions: bool,
    energy: bool,
    **flags: Any,
) -> int:
    """Measure whether a revision of REPO is faster than another, and whether it still gives the same.

    REPO is a folder, with or without git, a git URL, or pypi:NAME, whose revisions are
    released versions. Nothing is changed in it and no tests are run. Exit codes: 0
    faster, 3 not faster or inconclusive, 2 usage, 1 failure.
    """
    from hotloop.agent.comparison import compare_revisions
    from hotloop.agent.comparison_record import result_of

    asked = {"sizes": sizes or (), "instructions": instructions, "energy": energy}
    if replay is not None:
        request = _replay(repo, replay, out, {"base": base, "candidate": candidate, **asked, **flags})
    else:
        request = replace(_request(repo, base, candidate, out, flags), asked=_asked(asked))
    with open_view() as view:
        record = compare_revisions(request, view)
    if as_json:
        click.echo(json.dumps(result_of(record), indent=2, ensure_ascii=False))
    else:
        _print_summary(record)
    return 0 if record.holds else NOT_SHOWN


def _request(
    repo: str, base: str | None, candidate: str | None, out: Path | None, flags: dict[str, Any]
) -> Request:
    import os

    from hotloop.agent.comparison import Request
    from hotloop.cli.optimize import settle
    from hotloop.cli.settings import resolve
    from hotloop.repos.pypi import package_of
    from hotloop.repos.source import open_source

    if candidate is None:
        raise UsageError("It is open what to compare with base", "Name it with --candidate")
    if package_of(repo) is not None:
        settings = resolve(flags, os.environ).settings
        return Request(repo, None, base, candidate, settings, out)
    source = open_source(repo, clean=False)
    return Request(repo, source, base, candidate, settle(flags, None, source).settings, out)


def _asked(given: dict[str, Any]) -> Asked:
    from hotloop.agent.comparison_record import Asked
    from hotloop.profilers.scaling import check_sizes

    if given["sizes"]:
        check_sizes(given["sizes"])
    return Asked(**given)


def _replay(repo: str, named: str, out: Path | None, given: dict[str, Any]) -> Request:
    """A comparison again; whatever else was given would make it another one."""
    from hotloop.agent.comparison import COMPARES, load_comparison, replay_of

    for name, value in given.items():
        if value is not None and value is not False and value != ():
            flag = "--max-seconds" if name == "measure_seconds" else f"--{name.replace('_', '-')}"
            raise UsageError(
                f"--replay measures with the settings of then, so {flag} cannot be set", "Leave it out"
            )
    places = [COMPARES, *([Path(repo) / COMPARES] if Path(repo).is_dir() else [])]
    return replay_of(load_comparison(find_comparison(named, places)), repo, out)


def _print_summary(record: CompareRecord) -> None:
    from rich.console import Console

    from hotloop.agent.report.comparison import comparison_summary

    Console(highlight=False).print(comparison_summary(record))
