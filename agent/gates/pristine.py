"""The tree that tests run in: base, and of the candidate only the sources that it may change.

Whatever else the candidate did is not there: tests, their configuration and data, start-up
hooks and plugins are base's. This does not rely on the scope gate having looked.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from hotloop.agent.gates.base import Trial
from hotloop.agent.gates.scope import PROTECTED, scope_of
from hotloop.agent.integrity.shadowing import folded
from hotloop.repos.diff import FileChange, parse_patch
from hotloop.repos.paths import is_regular, link_in_path
from hotloop.repos.suites import collected_names
from hotloop.repos.tree import MTIME
from hotloop.repos.walk import walk

FROM_BASE = ("tests", "test configuration", "start-up hooks", "build configuration")
"""Kinds of files (see `PROTECTED`) that are base's even where the task allows to change them."""


@contextmanager
def test_tree(trial: Trial, name: str) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """A tree to run tests in, gone afterwards, and the paths of the patch that are left out of it.

    Where something is built the candidate's build is taken, for it cannot be told from its
    sources what it makes; then at least all that belongs to the tests is put back.
    """
    shop = trial.workshop
    built = shop.settings.rebuild is not None
    with shop.scratch_copy(trial.tree if built else shop.base_tree, name) as tree:
        wanted = wanted_from(trial)
        changes = parse_patch(trial.candidate.patch)
        for change in changes:
            if wanted(change):
                _take(trial.tree, tree, change.path)
            else:
                _take(shop.base_tree, tree, change.path)
        _restore(shop.base_tree, tree)
        yield tree, tuple(change.path for change in changes if not wanted(change))


def wanted_from(trial: Trial) -> Callable[[FileChange], bool]:
    """Whether a change is taken over from the candidate."""
    shop = trial.workshop
    refusal = scope_of(shop.settings, shop.workload.path)
    names = collected_names(shop.source_tree / shop.project)

    def wanted(change: FileChange) -> bool:
        if belongs_to_tests(change.path) or refusal(change.path) is not None:
            return False
        collected = any(fnmatchcase(PurePosixPath(change.path).name, name) for name in names)
        return not (change.kind == "added" and (collected or change.executable))

    return wanted


def belongs_to_tests(path: str) -> bool:
    """By its name and folders, in any case."""
    parts = PurePosixPath(path).parts
    tails = [folded("/".join(parts[depth:])) for depth in range(len(parts))]
    patterns = [folded(pattern) for kind in FROM_BASE for pattern in PROTECTED[kind]]
    return any(fnmatchcase(tail, pattern) for tail in tails for pattern in patterns)


def _restore(base: Path, tree: Path) -> None:
    """Make all that belongs to the tests as it is in `base`; links and folders among it, too."""
    here = {thing.path: thing.kind for thing in walk(tree) if belongs_to_tests(thing.path)}
    there = {thing.path: thing.kind for thing in walk(base) if belongs_to_tests(thing.path)}
    for path in sorted(here, reverse=True):
        if here[path] != there.get(path):
            _remove(tree / path)
    for path in sorted(there):
        if there[path] == "folder":
            (tree / path).mkdir(parents=True, exist_ok=True)
        elif not _same(base / path, tree / path):
            _take(base, tree, path)


def _same(one: Path, other: Path) -> bool:
    if is_regular(one) and is_regular(other):
        return one.stat().st_mode == other.stat().st_mode and one.read_bytes() == other.read_bytes()
    return one.is_symlink() and other.is_symlink() and one.readlink() == other.readlink()


def _take(origin: Path, tree: Path, path: str) -> None:
    """Put `path` of `origin` in its place in `tree`, as a file or link of its own; absent is absent."""
    place = tree / path
    if link_in_path(tree, str(PurePosixPath(path).parent)):
        return
    _remove(place)
    if not os.path.lexists(origin / path) or link_in_path(origin, str(PurePosixPath(path).parent)):
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(origin / path, place, follow_symlinks=False)
    os.utime(place, (MTIME, MTIME), follow_symlinks=False)


def _remove(place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    elif os.path.lexists(place):
        place.unlink()
