"""When an environment was last used, and what for: engines and file systems do not tell."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from hotloop.sandboxes import owners
from hotloop.sandboxes.base import Environment
from hotloop.sandboxes.local import user_folder
from hotloop.sandboxes.locks import locked

KEPT = 5
"""Uses that are remembered, beside those of processes that live."""
_MOST = 1 << 20


@dataclass(frozen=True)
class Use:
    """what: a run's folder, or a repository. when: seconds since the epoch. owner: a process's token."""

    what: str
    when: float
    owner: str


def note_use(environment: Environment, what: str) -> None:
    """This process uses it from now on."""
    file = _file(environment.backend, environment.identity)
    with locked(file.with_suffix(".lock")):
        found = [*uses_of(environment.backend, environment.identity), Use(what, time.time(), owners.token())]
        recent = found[-KEPT:]
        alive = [use for use in found[:-KEPT] if owners.life_of(use.owner) is not owners.Life.DEAD]
        waiting = file.with_suffix(".new")
        waiting.write_text(json.dumps([asdict(use) for use in (*alive, *recent)]))
        waiting.replace(file)


def uses_of(backend: str, identity: str) -> list[Use]:
    """Oldest first."""
    return _read(_file(backend, identity))


def _read(file: Path) -> list[Use]:
    """Of a file that cannot be understood, none."""
    try:
        with file.open("rb") as stream:
            rows = json.loads(stream.read(_MOST))
        return [Use(str(row["what"]), float(row["when"]), str(row["owner"])) for row in rows]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return []


def all_uses() -> list[Use]:
    """Of every environment of every backend."""
    return [use for file in sorted(_folder().glob("*.json")) for use in _read(file)]


def forget_uses(backend: str, identity: str) -> None:
    """The lock stays: somebody may wait for it."""
    _file(backend, identity).unlink(missing_ok=True)


def _file(backend: str, identity: str) -> Path:
    return _folder() / f"{backend}-{identity[:24]}.json"


def _folder() -> Path:
    return user_folder("XDG_CACHE_HOME", ".cache") / "uses"
