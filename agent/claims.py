"""Which process works on which run, and which runs a killed process left behind.

A claim is a file in the user's state folder: there while a process works on a run, gone when that
ends in any way but a kill. What is left then says where the run's folder lies.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from hotloop.agent.folder import RunFolder, write_text
from hotloop.errors import UsageError
from hotloop.sandboxes import owners
from hotloop.sandboxes.local import check_writable, user_folder
from hotloop.sandboxes.locks import locked

_MOST = 1 << 16


class _Stored(BaseModel):
    model_config = ConfigDict(extra="forbid")

    owner: str
    folder: Path


@dataclass(frozen=True)
class Claim:
    """file: where it is written down. folder: of the run."""

    file: Path
    folder: Path
    owner: str

    @property
    def life(self) -> owners.Life:
        return owners.life_of(self.owner)


@contextmanager
def claimed(folder: RunFolder) -> Iterator[None]:
    """Nobody else may work on the run meanwhile. Raises UsageError when somebody does."""
    place = claims_folder()
    check_writable(place)
    file = place / f"{folder.id}.json"
    with locked(place / "lock"):
        _refuse_taken(file, folder)
        stored = _Stored(owner=owners.token(), folder=folder.path)
        write_text(file, stored.model_dump_json() + "\n")
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def _refuse_taken(file: Path, folder: RunFolder) -> None:
    claim = _read(file)
    if claim is None or claim.owner == owners.token():
        return
    if claim.folder == folder.path and claim.life is not owners.Life.DEAD:
        raise UsageError(
            f"Another process works on {folder.id}",
            f"Wait for it, or end it; if there is none, remove {file}",
        )


def claims_folder() -> Path:
    return user_folder("XDG_STATE_HOME", ".local/state") / "claims"


def all_claims() -> list[Claim]:
    """Every run that is worked on, or was when its process died."""
    found = [_read(file) for file in sorted(claims_folder().glob("*.json"))]
    return [claim for claim in found if claim is not None]


def _read(file: Path) -> Claim | None:
    """None where there is none, or nothing that can be understood."""
    try:
        with file.open("rb") as stream:
            stored = _Stored.model_validate_json(stream.read(_MOST))
    except (FileNotFoundError, ValidationError):
        return None
    return Claim(file, stored.folder, stored.owner)
