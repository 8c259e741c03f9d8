"""What sandboxes share and any process makes again: copies of our tools, toolboxes, bytecode."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from hotloop.sandboxes.errors import SandboxError
from hotloop.sandboxes.leftovers import Leftover
from hotloop.sandboxes.local import user_folder
from hotloop.sandboxes.local_environment import BYTECODE
from hotloop.sandboxes.locks import locked
from hotloop.sandboxes.owners import Life
from hotloop.sandboxes.stored import any_alive
from hotloop.sandboxes.trees import remove_tree
from hotloop.sandboxes.usage import disk_usage
from hotloop.sandboxes.uses import all_uses

LEAST_AGE = 3600.0
"""Seconds. A process that has not said yet which environment it uses may need what it has just taken."""
PLACES = {
    "toolbox": ("toolboxes", "docker/toolboxes", "bubblewrap/toolboxes"),
    "copy of tools": ("docker/shared", "bubblewrap/shared"),
    "bytecode": (BYTECODE,),
}


def unused_shared(age: float) -> Iterator[Leftover]:
    """What nobody took for `age` seconds. Nothing while a process uses any environment, and with it this."""
    if any_alive(all_uses()):
        return
    cache = user_folder("XDG_CACHE_HOME", ".cache")
    for kind, places in PLACES.items():
        for folder in sorted(folder for place in places for folder in (cache / place).glob("*")):
            if folder.is_dir() and time.time() - _taken(folder) > max(age, LEAST_AGE):
                remove = partial(_remove, folder, age)
                yield Leftover(kind, str(folder), disk_usage(folder), Life.DEAD, remove)


def _lock(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.lock")


def _taken(folder: Path) -> float:
    """When somebody last looked whether it is there; each does, under its lock."""
    lock = _lock(folder)
    return (lock if lock.is_file() else folder).stat().st_mtime


def _remove(folder: Path, age: float) -> None:
    """Out of the way first: what is removed by half must not pass for whole."""
    taken = _taken(folder)
    with locked(_lock(folder)):
        if time.time() - taken <= max(age, LEAST_AGE) or any_alive(all_uses()):
            raise SandboxError(f"{folder} is in use by now")
        folder.with_name(f"{folder.name}.complete").unlink(missing_ok=True)
        remove_tree(folder.rename(folder.with_name(f"{folder.name}.old")))
