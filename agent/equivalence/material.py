"""What the gates that call functions work with: what changed, and calls recorded at base."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hotloop.agent.equivalence.changed import Change, find_change
from hotloop.agent.equivalence.recording import Recording, record
from hotloop.repos.patch import touched_files
from hotloop.repos.paths import is_regular

if TYPE_CHECKING:
    from hotloop.agent.gates.base import Trial


@dataclass(frozen=True)
class Material:
    """paths: the changed Python files."""

    change: Change
    recording: Recording
    paths: tuple[str, ...]


def changed_texts(trial: Trial) -> tuple[dict[str, str | None], dict[str, str | None]]:
    """Texts of the changed Python files at both sides, by path; None where there is no such file."""
    paths = [path for path in touched_files(trial.candidate.patch) if path.endswith(".py")]
    before = {path: read_text(trial.against / path) for path in paths}
    return before, {path: read_text(trial.tree / path) for path in paths}


def material_of(trial: Trial) -> Material:
    """Recorded once for all candidates of a stage that change the same functions of the same tree."""
    before, after = changed_texts(trial)
    change = find_change(before, after)
    if not change.functions:
        return Material(change, Recording(b"", (), {}), tuple(before))
    shop, key = trial.workshop, _key(trial, change, before)
    folder = shop.folder.work / "recorded" / key
    if not folder.is_dir():
        rng = random.Random(f"{shop.settings.seed}/{key}")
        _keep(folder, *record(shop, trial.against, (*change.functions, *change.companions), rng))
    data, index = (folder / "calls.jsonl").read_bytes(), (folder / "index.jsonl").read_bytes()
    return Material(change, Recording.parse(data, index, change.functions, change.companions), tuple(before))


def read_text(place: Path) -> str | None:
    """None where there is no file."""
    return place.read_text("utf-8", "replace") if is_regular(place) else None


def _key(trial: Trial, change: Change, before: dict[str, str | None]) -> str:
    """The stage belongs to it: the final check records anew, on other seeds."""
    parts = [
        trial.stage,
        str(trial.against),
        before,
        [(one.path, one.name) for one in (*change.functions, *change.companions)],
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]


def _keep(folder: Path, data: bytes, index: bytes) -> None:
    """All at once: another candidate may be recording the same."""
    made = folder.with_name(f"{folder.name}-{uuid.uuid4().hex[:8]}")
    made.mkdir(parents=True)
    (made / "calls.jsonl").write_bytes(data)
    (made / "index.jsonl").write_bytes(index)
    try:
        made.rename(folder)
    except OSError:
        shutil.rmtree(made)
        if not folder.is_dir():
            raise
