"""Bytecode that sandboxes share: the interpreter's and what is installed for it, never a tree's.

Sandboxes keep bytecode below scratch folders of their own, so that what was compiled from
one tree is not run in another. Without more each would compile the standard library and
the test framework anew, a second or so of CPU. A store holds what these compile to, made
before any target code runs and shown read-only; in each sandbox's own folder there are
links to it. The import system checks times and sizes of the sources as ever: files that
were installed since are compiled, and a change to the store is never needed to be right.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hotloop.sandboxes.base import Log
from hotloop.sandboxes.inside.folders import INDEX, link_bytecode
from hotloop.sandboxes.locks import locked
from hotloop.sandboxes.trees import remove_tree

GATHER = Path(__file__).parent / "inside" / "bytecode.py"
INDEX_LIMIT = 1 << 24
BUILD_SECONDS = 300.0


@dataclass(frozen=True)
class Store:
    """roots: folders whose bytecode it holds. links: what to link to, relative to a cache and to `code`."""

    folder: Path
    roots: tuple[Path, ...]
    links: tuple[PurePosixPath, ...]

    def link_into(self, cache: Path) -> None:
        """cache: an empty folder that will be a PYTHONPYCACHEPREFIX."""
        link_bytecode(str(self.folder), map(str, self.links), str(cache))


def make(folder: Path, python: str, more: Iterable[Path], log: Log) -> None:
    """Fill `folder` if it is not filled yet. `more`: folders beside the interpreter's own.

    An interpreter that cannot do it is told to the user, and its sandboxes do without.
    """
    with locked(folder.with_name(f"{folder.name}.lock")):
        if (folder / INDEX).exists():
            return
        remove_tree(folder)
        folder.mkdir(parents=True)
        command = [python, "-I", "-W", "ignore", str(GATHER), str(folder), *map(str, more)]
        try:
            subprocess.run(command, capture_output=True, check=True, timeout=BUILD_SECONDS)
        except (OSError, subprocess.SubprocessError) as error:
            log(f"every sandbox compiles the standard library for itself: {error}")


def load(folder: Path) -> Store | None:
    """None where there is none. Raises ValueError for an index that leads out of the store."""
    try:
        text = (folder / INDEX).read_bytes()[: INDEX_LIMIT + 1]
    except FileNotFoundError:
        return None
    index = json.loads(text)
    links = tuple(PurePosixPath(str(name)) for name in index["links"])
    if any(link.is_absolute() or ".." in link.parts for link in links):
        raise ValueError(f"{folder / INDEX} leads out of it")
    return Store(folder, tuple(Path(str(root)) for root in index["roots"]), links)
