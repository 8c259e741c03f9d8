"""What of the base tree an environment's commands, or its Dockerfile, can read."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from hotloop.errors import UsageError
from hotloop.sandboxes.base import EnvironmentSpec
from hotloop.sandboxes.owners import temporary_folder


@contextmanager
def build_tree(spec: EnvironmentSpec, base_tree: Path) -> Iterator[Path]:
    """The base tree; where the spec names files, a folder with these alone.

    So an environment is found again for as long as they stay the same, and what was made from
    them cannot depend on anything else. Raises UsageError for a file that is not in the base tree.
    """
    if not spec.files or not (spec.commands or spec.dockerfile):
        yield base_tree
        return
    with temporary_folder("files") as place:
        tree = place / "tree"
        tree.mkdir()
        for name in spec.files:
            _copy(base_tree, name, tree)
        yield tree


def _copy(base_tree: Path, name: PurePosixPath, tree: Path) -> None:
    """A file, or a folder with all in it. Links stay links: what they lead to must be named, too."""
    source, target = base_tree / name, tree / name
    if ".." in name.parts or not source.parent.resolve().is_relative_to(base_tree.resolve()):
        raise UsageError(f"A file for the environment lies outside the tree: {name}", "Correct --env-files")
    if not source.is_symlink() and not source.exists():
        raise UsageError(f"The tree has no {name} for the environment's commands", "Correct --env-files")
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir() and not source.is_symlink():
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
    elif not target.is_symlink():
        shutil.copy2(source, target, follow_symlinks=False)
