"""Patches that a model proposed, in the forms that SWE-bench and those after it use.

Either JSON lines of {instance_id, model_patch, model_name_or_path}, or the folders that their
harnesses write, `logs/run_evaluation/<run>/<model>/<instance>/patch.diff`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from hotloop.agent.evaluation.result import Key, Name
from hotloop.errors import UsageError
from hotloop.repos.instances.schema import Id
from hotloop.repos.jsonl import checked, models

LARGEST_PATCH = 16 << 20
FILE = "predictions.jsonl"
LOGS = Path("logs") / "run_evaluation"


class Prediction(BaseModel):
    """One proposed patch; None or empty proposes none. Fields that other tools add are passed over.

    attempt: its number among those of the same model at the same instance.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    instance_id: Id
    model_patch: str | None = Field(max_length=LARGEST_PATCH)
    model_name_or_path: Name
    attempt: int = Field(default=0, ge=0)

    @property
    def key(self) -> Key:
        """As `Result.key`."""
        return self.model_name_or_path, self.instance_id, self.attempt

    @property
    def patch_sha256(self) -> str:
        return hashlib.sha256((self.model_patch or "").encode()).hexdigest()


def read_predictions(place: Path) -> tuple[Prediction, ...]:
    """Of a file of JSON lines, or of a folder that holds `predictions.jsonl`, SWE-bench's logs, or neither.

    Raises UsageError for a malformed one, and for two of one attempt.
    """
    if place.is_dir():
        file, logs = place / FILE, place / LOGS
        found = _of_file(file) if file.exists() else _of_logs(logs) if logs.is_dir() else iter(())
    else:
        found = _of_file(place)
    return _distinct(found)


def _of_file(path: Path) -> Iterator[tuple[str, Prediction]]:
    return models(path, Prediction)


def _of_logs(logs: Path) -> Iterator[tuple[str, Prediction]]:
    """Run, model, instance; the runs in the order of their names are the attempts."""
    seen: dict[tuple[str, str], int] = {}
    for path in sorted(logs.glob("*/*/*/patch.diff")):
        model, instance = path.parts[-3], path.parts[-2]
        attempt = seen.get((model, instance), -1) + 1
        seen[model, instance] = attempt
        row = {
            "instance_id": instance,
            "model_patch": _patch(path),
            "model_name_or_path": model,
            "attempt": attempt,
        }
        yield str(path), checked(row, Prediction, str(path))


def _patch(path: Path) -> str:
    if not path.is_file() or path.stat().st_size > LARGEST_PATCH:
        raise UsageError(f"{path} is no file below {LARGEST_PATCH >> 20} MiB", "Take it away")
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8", "Take it away") from error


def _distinct(found: Iterable[tuple[str, Prediction]]) -> tuple[Prediction, ...]:
    kept: dict[Key, tuple[str, Prediction]] = {}
    for place, one in found:
        if one.key in kept:
            raise UsageError(
                f"{place} and {kept[one.key][0]} are both attempt {one.attempt} of "
                f"{one.model_name_or_path!a} at {one.instance_id!a}",
                'Number them with "attempt"',
            )
        kept[one.key] = (place, one)
    return tuple(one for _, one in kept.values())
