"""What a run ends with: the object of `--json`, and the full record behind the reports.

`docs/json.md` describes both for other programs; a field changes there and
here together, and a change that breaks readers raises `SCHEMA_VERSION`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from hotloop.agent.state import Evidence, GateResult, Spent
from hotloop.profilers.profile import Hotspot
from hotloop.profilers.verdict import NoiseFloor, Verdict

SCHEMA_VERSION: Literal[1] = 1


class Status(StrEnum):
    """How a run ended. `stopped`: a limit came before an answer; it can be resumed."""

    IMPROVED = "improved"
    NO_IMPROVEMENT = "no_improvement"
    FAILED = "failed"
    STOPPED = "stopped"


class Speedup(BaseModel):
    """The published figure: base time over patched time, measured again from clean."""

    model_config = ConfigDict(frozen=True)

    ratio: float
    low: float
    high: float
    confidence: float
    engine: str

    @classmethod
    def of(cls, verdict: Verdict) -> Speedup:
        return cls(
            ratio=verdict.ratio,
            low=verdict.low,
            high=verdict.high,
            confidence=verdict.confidence,
            engine=verdict.engine,
        )


class TestCounts(BaseModel):
    """Tests of the published patch, or of base where none is. `flaky` differed between two runs of base.

    `not_reported`: reported at base, not by the patch; each counts as a failure.
    """

    __test__ = False
    model_config = ConfigDict(frozen=True)

    passed: int = 0
    failed: int = 0
    flaky: int = 0
    not_reported: int = 0


class CandidateRow(BaseModel):
    """One candidate in short. `gate`: the one that stopped it. `verdict`: its outcome."""

    model_config = ConfigDict(frozen=True)

    id: int
    status: str
    gate: str | None = None
    verdict: str | None = None

    @classmethod
    def of(cls, evidence: Evidence) -> CandidateRow:
        failed = evidence.failed_gate
        return cls(
            id=evidence.candidate.id,
            status=evidence.status,
            gate=failed.gate if failed else None,
            verdict=evidence.verdict.outcome.value if evidence.verdict else None,
        )


class RunResult(BaseModel):
    """The one object that `--json` prints. Paths are absolute."""

    model_config = ConfigDict(frozen=True)

    schema_version: Literal[1] = SCHEMA_VERSION
    run_id: str
    status: Status
    speedup: Speedup | None = None
    patch: str | None = None
    tests: TestCounts = TestCounts()
    cost: Spent = Spent()
    candidates: tuple[CandidateRow, ...] = ()
    report: str | None = None


class RunRecord(BaseModel):
    """Everything the reports are made from; `run.json` of a run folder.

    repo: as the user named it. commit: None for a folder without git.
    origins: where each setting came from. final_gates: those of the last
    verification, from clean. hotspots_after: of the published patch.
    winner: the published candidate's id. not_compared: parts of the workload's
    output that no check covered. created: ISO 8601, UTC.
    """

    model_config = ConfigDict(frozen=True)

    schema_version: Literal[1] = SCHEMA_VERSION
    result: RunResult
    created: str
    repo: str
    commit: str | None = None
    settings: dict[str, Any] = {}
    origins: dict[str, str] = {}
    versions: dict[str, str] = {}
    machine: dict[str, Any] = {}
    sandbox: str = ""
    coder: str = ""
    noise: NoiseFloor | None = None
    hotspots_before: tuple[Hotspot, ...] = ()
    hotspots_after: tuple[Hotspot, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    winner: int | None = None
    verdict: Verdict | None = None
    final_gates: tuple[GateResult, ...] = ()
    patch_text: str = ""
    stop_reason: str = ""
    not_compared: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def winning(self) -> Evidence | None:
        return next((one for one in self.evidence if one.candidate.id == self.winner), None)
