"""hotloop optimize: a repository in, a verified patch or an honest "no" out."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hotloop.cli.live import open_view
from hotloop.cli.options import setting_flags
from hotloop.cli.output import folder_of, json_flag, print_result
from hotloop.cli.settings import Resolved, described, resolve, table
from hotloop.cli.task_file import Reader, find_task_file, in_commit, in_folder, read_task_file

if TYPE_CHECKING:
    from hotloop.repos.source import Source

_FLAGS = (
    *("workload", "command", "tests", "env", "env_files", "python", "rebuild", "subdir"),
    *("coder", "model", "judge_model", "turns"),
    *("sandbox", "rounds", "candidates", "max_cost", "max_turns", "max_time", "min_speedup", "engine"),
    "seed",
)


@click.command("optimize")
@click.argument("repo")
@click.option("--task", metavar="FILE", type=click.Path(path_type=Path), help="Task file to use.")
@setting_flags(_FLAGS)
@click.option("--branch", metavar="NAME", help="Make a branch with one commit, the patch.")
@click.option("--out", metavar="DIR", type=click.Path(path_type=Path), help="Folder to make the run's in.")
@click.option("--dry-run", is_flag=True, help="Show what would run where, and the cost at most; run nothing.")
@click.option("--print-config", is_flag=True, help="Show every setting and where it came from; run nothing.")
@json_flag
def command(
    *,
    repo: str,
    task: Path | None,
    branch: str | None,
    out: Path | None,
    dry_run: bool,
    print_config: bool,
    as_json: bool,
    **flags: Any,
) -> int:
    """Make REPO faster, and prove it.

    REPO is a folder, with or without git, or a git URL. Every setting may also be
    in the environment (HOTLOOP_MAX_COST for --max-cost), and in hotloop.toml or
    [tool.hotloop] of pyproject.toml. Flags win over the environment, that over files.
    Files named in them are relative to the repository.
    """
    from hotloop.repos.source import open_source

    source = open_source(repo)
    resolved = settle(flags, task, source)
    if print_config:
        click.echo(json.dumps(described(resolved), indent=2) if as_json else table(resolved))
        return 0

    from hotloop.agent import run

    if dry_run:
        click.echo(run.dry_run(source, resolved.settings, repo=repo))
        return 0
    with open_view() as view:
        result = run.optimize(
            source,
            resolved.settings,
            repo=repo,
            origins=resolved.origin,
            out=out,
            branch=branch,
            listener=view,
        )
    return print_result(result, folder_of(result), as_json=as_json)


def settle(flags: dict[str, Any], task: Path | None, source: Source) -> Resolved:
    """Settings for a repository; the file that `--task` names replaces its own."""
    file = read_task_file(task) if task is not None else find_task_file(_reader(source))
    return resolve(flags, os.environ, file)


def _reader(source: Source) -> Reader:
    if source.bare:
        return in_commit(source.root, source.base, source.subdir)
    return in_folder(source.root / source.subdir)
