"""Environments that are kept for the next task that needs the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hotloop.sandboxes import owners
from hotloop.sandboxes.errors import SandboxError
from hotloop.sandboxes.local import user_folder
from hotloop.sandboxes.local_environment import COMPLETE
from hotloop.sandboxes.locks import locked
from hotloop.sandboxes.trees import remove_tree
from hotloop.sandboxes.usage import disk_usage
from hotloop.sandboxes.uses import Use, forget_uses, uses_of


@dataclass(frozen=True)
class StoredEnvironment:
    """size: bytes on disk that nothing else shares. made: seconds since the epoch.

    uses: oldest first. remove: raises SandboxError.
    """

    backend: str
    name: str
    python: str
    size: int
    made: float
    uses: tuple[Use, ...]
    remove: Callable[[], None]

    @property
    def last_used(self) -> float:
        return max([self.made, *(use.when for use in self.uses)])

    @property
    def busy(self) -> bool:
        """Whether a process may still need it."""
        return any_alive(self.uses)


def any_alive(uses: Iterable[Use]) -> bool:
    """Whether one of them is by a process that lives, or that cannot be seen from here."""
    return any(owners.life_of(use.owner) is not owners.Life.DEAD for use in uses)


def stored_environments() -> list[StoredEnvironment]:
    """Of the `local` and `bubblewrap` backends, from the user's cache folder."""
    cache = user_folder("XDG_CACHE_HOME", ".cache")
    places = {"local": cache / "envs", "bubblewrap": cache / "bubblewrap" / "envs"}
    return [
        _stored(backend, folder)
        for backend, place in places.items()
        for folder in sorted(place.glob("*"))
        if folder.is_dir()
    ]


def _stored(backend: str, folder: Path) -> StoredEnvironment:
    done = folder / COMPLETE
    made = (done if done.is_file() else folder).stat().st_mtime
    uses = tuple(uses_of(backend, folder.name))
    remove = partial(_remove, backend, folder)
    return StoredEnvironment(backend, folder.name, _python(folder), disk_usage(folder), made, uses, remove)


def _python(folder: Path) -> str:
    """As venv(1) wrote it down: "3.11.2"; empty in one that was never finished."""
    file = folder / "pyvenv.cfg"
    text = file.read_text("utf-8", "replace") if file.is_file() else ""
    found = re.search(r"^version\s*=\s*([\d.]+)", text, re.M)
    return found[1] if found else ""


def _remove(backend: str, folder: Path) -> None:
    """The marker first: what is removed by half is built anew."""
    with locked(folder.with_suffix(".lock")):
        if any_alive(uses_of(backend, folder.name)):
            raise SandboxError(f"{folder} is in use by now")
        (folder / COMPLETE).unlink(missing_ok=True)
        remove_tree(folder)
        forget_uses(backend, folder.name)


def beyond_rule(
    found: Iterable[StoredEnvironment], *, age: float, size: float, now: float
) -> list[StoredEnvironment]:
    """What a rule lets go: first all that was not used for `age` seconds, then, while all together
    are larger than `size` bytes, what was not used for longest. Never one in use."""
    kept = sorted(found, key=lambda one: one.last_used)
    old = [one for one in kept if not one.busy and now - one.last_used > age]
    rest = [one for one in kept if one not in old]
    total = sum(one.size for one in rest)
    for one in rest:
        if total > size and not one.busy:
            old.append(one)
            total -= one.size
    return old
