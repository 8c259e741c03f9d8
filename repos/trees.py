"""A run's trees: copies that cost only what is changed in them, where the machine can do that.

Where it cannot, they are copied, and `why_copied` says why.
"""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from hotloop.repos.errors import RepoError
from hotloop.repos.patch import apply_patch
from hotloop.repos.tree import copy_tree, stays_inside
from hotloop.repos.walk import is_source
from hotloop.sandboxes import overlay
from hotloop.sandboxes.trees import give_to, make_readable
from hotloop.sandboxes.users import sandbox_user

_READY = "trusted.hotloop.ready"
"""On a tree that has been looked through once: only root can set it, and no copy keeps it."""
_DEEPEST = 2
"""FILESYSTEM_MAX_STACK_DEPTH of the kernel."""


class Trees:
    """Makes and removes trees. Safe to use from several threads, for different places.

    folder: for the layers of overlays. A tree that others were made from must stay as
    it is until they are removed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def why_copied(self) -> str | None:
        """None where trees are overlays."""
        return overlay.why_not(self._folder)

    def copy(self, tree: Path, place: Path) -> Path:
        """As `repos.tree.copy_tree`; what was at `place` is removed. Returns `place`."""
        self.remove(place)
        place.parent.mkdir(parents=True, exist_ok=True)
        if self.why_copied is None and _can_lie_below(tree):
            overlay.mount(tree, place, self._folder)
            return place
        return copy_tree(tree, place)

    def patched(self, tree: Path, patch: str, place: Path) -> Path:
        """A copy with `patch` applied. Raises PatchError."""
        self.copy(tree, place)
        if patch:
            apply_patch(place, patch)
        return place

    def settle(self, place: Path) -> None:
        """Make it a folder like any other: what is measured must not differ by its file system.

        Reading through an overlay takes longer. Times, modes and owners stay.
        """
        if overlay.find(place) is None:
            return
        settled = place.with_name(f".{place.name}-settled")
        overlay.remove(settled)
        done = subprocess.run(
            ["cp", "-a", "--", str(place), str(settled)], capture_output=True, check=False, text=True
        )
        if done.returncode:
            raise RepoError(f"cannot copy {place}: {done.stderr.strip()[-300:]}")
        overlay.remove(place)
        settled.rename(place)

    def holds(self, place: Path) -> bool:
        """Whether a tree is there; the folder of an overlay that is gone, as after a restart, holds none."""
        return place.is_dir() and any(place.iterdir())

    def remove(self, place: Path) -> None:
        """Safe when there is none."""
        overlay.remove(place)


def _can_lie_below(tree: Path) -> bool:
    """Whether an overlay of `tree` shows what a copy of it would hold, and can be shown in a sandbox.

    Its files must belong to the sandbox's user already: to change the owner in the
    overlay would copy each of them.
    """
    found = overlay.find(tree)
    if not overlay.can_name(tree):
        return False
    if found is None:
        return _is_ready(tree) or _make_ready(tree)
    depth, below = 1, found
    while (deeper := overlay.find(below.lower)) is not None:
        depth, below = depth + 1, deeper
    if depth >= _DEEPEST or found.moved() or not all(_fits(tree, path) for path in found.changed()):
        return False
    _open(tree)
    return True


def _is_ready(tree: Path) -> bool:
    try:
        return os.getxattr(tree, _READY) == _owner()
    except OSError:  # not set, or the file system has none
        return False


def _make_ready(tree: Path) -> bool:
    for folder, names, files in os.walk(tree):
        here = Path(folder).relative_to(tree)
        if not all(_fits(tree, here / name) for name in (*names, *files)):
            return False
    _open(tree)
    with suppress(OSError):  # then it is looked through again the next time
        os.setxattr(tree, _READY, _owner())
    return True


def _owner() -> bytes:
    return repr(sandbox_user()).encode()


def _open(tree: Path) -> None:
    make_readable(tree)
    give_to(tree, *sandbox_user())


def _fits(tree: Path, path: Path) -> bool:
    """Whether a copy would have it just so: a file, a folder or a link that stays inside."""
    place = tree / path
    if not is_source(path.name):
        return False
    if place.is_symlink():
        return stays_inside(str(path), os.readlink(place))  # noqa: PTH115 - Path.readlink drops a trailing slash
    return place.is_file() or place.is_dir()
