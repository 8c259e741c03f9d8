"""Where runs lie, and which one the user means."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from hotloop.errors import UsageError

RUNS = Path(".hotloop") / "runs"


def find_run(named: str, root: Path = RUNS) -> Path:
    """The folder of the run that `named` is: a path, or the start of one id below `root`."""
    path = Path(named)
    if (path / "plan.json").is_file() or (path / "run.json").is_file():
        return path.resolve()
    if named and path.is_dir():
        raise UsageError(f"{named} is not a run's folder", "Name one that holds a plan.json")
    fix = "List them with hotloop runs, or name the run's folder"
    return _by_id(named, run_folders(root), f"below {root}", fix)


def find_comparison(named: str, roots: Sequence[Path]) -> Path:
    """The same for what `hotloop compare` left, in any of `roots`."""
    if (Path(named) / "compare.json").is_file():
        return Path(named).resolve()
    distinct = dict.fromkeys(root.resolve() for root in roots)
    folders = [folder for root in distinct for folder in run_folders(root)]
    where = f"below {' or '.join(dict.fromkeys(map(str, roots)))}"
    return _by_id(named, folders, where, "Name the folder that hotloop compare said it kept")


def _by_id(named: str, folders: Sequence[Path], where: str, fix: str) -> Path:
    found = [run for run in folders if run.name.startswith(named)] if named else []
    exact = [run for run in found if run.name == named]
    if len(found) > 1 and not exact:
        ids = ", ".join(run.name for run in found[:4])
        raise UsageError(f"{len(found)} runs start with {named!r}: {ids}", "Write more of the id")
    if not found:
        raise UsageError(f"No such run: {named!r} {where}", fix)
    return (exact or found)[0].resolve()


def run_folders(root: Path = RUNS) -> list[Path]:
    """Every run's folder, oldest first: ids begin with the time."""
    if not root.is_dir():
        return []
    return sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))


run_argument = click.argument("run", metavar="RUN")
"""The RUN of a command: an id, the start of one, or a run's folder."""
