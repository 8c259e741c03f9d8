"""Make a repository of a folder: for demonstrations and tests that need a real one."""

from __future__ import annotations

import shutil
from pathlib import Path

from hotloop.repos.publish import AUTHOR


def commit_folder(folder: Path, destination: Path) -> Path:
    """A fresh repository at `destination` with one commit, the files of `folder`.

    What was at `destination` before is replaced. Returns `destination`.
    """
    import git  # noqa: PLC0415  # GitPython takes a while to load and is needed here alone

    shutil.rmtree(destination, ignore_errors=True)
    shutil.copytree(folder, destination, ignore=shutil.ignore_patterns("__pycache__", ".git"))
    person = git.Actor(*AUTHOR)
    with git.Repo.init(destination) as repository:
        repository.git.add(all=True)
        repository.index.commit("Import the files", author=person, committer=person, skip_hooks=True)
    return destination
