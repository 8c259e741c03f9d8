"""An evaluation on disk: a folder that can be gone on with after an interruption at any point.

    evaluation.json      what is evaluated, on what machine; written once
    results.jsonl        one attempt a line, appended and synced; the last line of a key counts
    predictions.jsonl    the patches, as far as they are known before
    logs/run_evaluation/ or in SWE-bench's layout

A writer that is killed leaves at most a last line without its end: a reader passes over it,
and the next writer removes it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from hotloop.agent.evaluation.predictions import Prediction, read_predictions
from hotloop.agent.evaluation.result import Key, Outcome, Result
from hotloop.errors import UsageError
from hotloop.repos.instances.schema import Id
from hotloop.repos.jsonl import checked, models, parse_object

MANIFEST = "evaluation.json"
RESULTS = "results.jsonl"
_LARGEST_MANIFEST = 64 << 20


class Manifest(BaseModel):
    """`evaluation.json`. dataset: its name; dataset_sha256: of its bytes. instances: all that were chosen.

    created: ISO 8601, UTC. machine, versions: facts that the figures belong to.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    schema_version: Literal[1] = 1
    dataset: str = Field(min_length=1)
    dataset_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    instances: tuple[Id, ...]
    created: str = ""
    machine: dict[str, Any] = {}
    versions: dict[str, str] = {}


@dataclass(frozen=True)
class Evaluation:
    """What a folder holds. results: one a key. replaced: keys whose verdict a later line replaced."""

    path: Path
    manifest: Manifest
    results: tuple[Result, ...]
    replaced: tuple[Key, ...]
    predictions: tuple[Prediction, ...]

    @property
    def finished(self) -> frozenset[Key]:
        """What need not be done again: all but infrastructure failures."""
        return frozenset(one.key for one in self.results if one.outcome is not Outcome.INFRASTRUCTURE)

    @property
    def unfinished(self) -> tuple[Key, ...]:
        """Predictions without a result for the same patch."""
        known = {one.key: one.patch_sha256 for one in self.results}
        return tuple(
            one.key
            for one in self.predictions
            if one.key not in known or known[one.key] not in (None, one.patch_sha256)
        )


def read_evaluation(folder: Path) -> Evaluation:
    """Raises UsageError for what is not such a folder, or holds a line that does not fit the schema."""
    manifest = _manifest(folder)
    results, replaced = _results(folder / RESULTS)
    chosen = set(manifest.instances)
    for name in sorted({one.instance_id for one in results} - chosen):
        raise UsageError(
            f"{folder / RESULTS} has a result for {name!a}, which {MANIFEST} does not name",
            "Keep one dataset a folder",
        )
    return Evaluation(folder, manifest, results, replaced, read_predictions(folder))


def append_result(folder: Path, result: Result) -> None:
    """Add one line; it is on disk when this returns. One process writes at a time."""
    path = folder / RESULTS
    with path.open("a+b") as file:
        _remove_torn_line(file.fileno())
        file.write(result.model_dump_json().encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _manifest(folder: Path) -> Manifest:
    path = folder / MANIFEST
    if not path.is_file():
        raise UsageError(f"{folder} holds no evaluation", f"Name a folder with {MANIFEST}")
    if path.stat().st_size > _LARGEST_MANIFEST:
        raise UsageError(f"{path} is larger than {_LARGEST_MANIFEST >> 20} MiB", "It is not an evaluation's")
    return checked(parse_object(path.read_bytes(), str(path)), Manifest, str(path))


def _results(path: Path) -> tuple[tuple[Result, ...], tuple[Key, ...]]:
    if not path.exists():
        return (), ()
    latest: dict[Key, Result] = {}
    replaced: dict[Key, None] = {}
    for _, result in models(path, Result, whole_lines=True):
        before = latest.get(result.key)
        if before is not None and before.outcome is not Outcome.INFRASTRUCTURE:
            replaced[result.key] = None
        latest[result.key] = result
    return tuple(latest.values()), tuple(replaced)


def _remove_torn_line(descriptor: int) -> None:
    size = end = os.fstat(descriptor).st_size
    while end:
        start = max(0, end - 65_536)
        block = os.pread(descriptor, end - start, start)
        if (at := block.rfind(b"\n")) >= 0:
            end = start + at + 1
            break
        end = start
    if end < size:
        os.ftruncate(descriptor, end)
