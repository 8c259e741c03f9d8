"""What `hotloop compare` found, as it is kept and as `--json` prints it.

`docs/json.md` describes both for other programs.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from hotloop.agent.machine import VOLATILE
from hotloop.agent.settings import Settings
from hotloop.profilers.scaling import Scaling
from hotloop.profilers.verdict import Interval, NoiseFloor, Outcome, Verdict
from hotloop.repos.revisions import Revision

SCHEMA_VERSION: Literal[1] = 1


class Relation(StrEnum):
    """How a comparison that was made again relates to the first one."""

    CONFIRMED = "confirmed"
    COMPATIBLE = "compatible"
    CONTRADICTED = "contradicted"


class Replay(BaseModel):
    """The comparison that was made again. differs: what else is not as it was then."""

    model_config = ConfigDict(frozen=True)

    run_id: str
    outcome: Outcome
    then: Interval
    relation: Relation
    differs: tuple[str, ...] = ()


class Timed(BaseModel):
    """The workload as it was: a file's text and its path in a tree, or a command."""

    model_config = ConfigDict(frozen=True)

    path: str | None = None
    text: str | None = None
    command: str | None = None


class Asked(BaseModel):
    """What was asked for beside time. sizes: of inputs, to see how cost grows with them."""

    model_config = ConfigDict(frozen=True)

    sizes: tuple[int, ...] = ()
    instructions: bool = False
    energy: bool = False


class CompareRecord(BaseModel):
    """`compare.json`: everything needed to judge the figure, and to measure it again.

    repo: as the user named it. created: ISO 8601, UTC. folder: where it lies.
    noise: base against base, measured after the verdict; None where outputs differ.
    """

    model_config = ConfigDict(frozen=True)

    schema_version: Literal[1] = SCHEMA_VERSION
    run_id: str
    created: str
    repo: str
    name: str
    base: Revision
    candidate: Revision
    settings: Settings
    workload: Timed
    sandbox: str
    versions: dict[str, str]
    machine: dict[str, Any]
    verdict: Verdict
    noise: NoiseFloor | None
    notes: tuple[str, ...]
    folder: str
    replay: Replay | None = None
    asked: Asked = Asked()
    scaling: Scaling | None = None

    @property
    def holds(self) -> bool:
        """Shown to be faster, and nothing else became worse than the settings allow."""
        return self.verdict.outcome is Outcome.FASTER and not self.verdict.regressions


def result_of(record: CompareRecord) -> dict[str, Any]:
    """The one object that `--json` prints: the verdict's own fields, and what it belongs to."""
    found = record.verdict.model_dump(mode="json")
    base, candidate = found.pop("peak_memory")
    return {
        "schema_version": record.schema_version,
        "run_id": record.run_id,
        "verdict": found.pop("outcome"),
        **found,
        "peak_memory": {"base": base, "candidate": candidate},
        "noise_floor": None if record.noise is None else record.noise.model_dump(mode="json"),
        "notes": list(record.notes),
        "base": _side(record.base),
        "candidate": _side(record.candidate),
        "sandbox": record.sandbox,
        "scaling": None if record.scaling is None else record.scaling.model_dump(mode="json"),
        "replay": None if record.replay is None else record.replay.model_dump(mode="json"),
        "folder": record.folder,
    }


def _side(revision: Revision) -> dict[str, Any]:
    return revision.model_dump(mode="json", exclude={"patch"})


def relate(old: Verdict, new: Verdict) -> Relation:
    """Confirmed: the same answer, and intervals that overlap. Contradicted: opposite ones, or no overlap."""
    overlap = old.low <= new.high and new.low <= old.high
    decided = [verdict.outcome for verdict in (old, new) if verdict.outcome is not Outcome.INCONCLUSIVE]
    if not overlap or len(set(decided)) > 1:
        return Relation.CONTRADICTED
    return Relation.CONFIRMED if old.outcome is new.outcome else Relation.COMPATIBLE


def changed(old: CompareRecord, new: CompareRecord) -> tuple[str, ...]:
    """Machine facts and versions that differ between two records; what changes by itself left out."""
    facts = [(old.machine, new.machine), (old.versions, new.versions)]
    facts.append(({"sandbox": old.sandbox}, {"sandbox": new.sandbox}))
    return tuple(
        f"{name}: {then.get(name)} then, {now.get(name)} now"
        for then, now in facts
        for name in sorted({*then, *now} - VOLATILE)
        if then.get(name) != now.get(name)
    )
