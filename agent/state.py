"""What flows through the loop. All of it survives a checkpoint as plain JSON."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TypedDict

from pydantic import BaseModel, ConfigDict

from hotloop.profilers.profile import Hotspot
from hotloop.profilers.verdict import Verdict


class Proposal(BaseModel):
    """What a coder wants changed, before anything has looked at it.

    edits: new text of each file, by path relative to the tree. key: says that
    two proposals are the same idea, so that none is tried twice. failure: why
    a reply could not be turned into edits (then `edits` is empty).
    """

    model_config = ConfigDict(frozen=True)

    summary: str
    origin: str
    key: str
    edits: dict[str, str] = {}
    failure: str | None = None


class Candidate(BaseModel):
    """A patch on the base tree. `parent` is the candidate it grew from."""

    model_config = ConfigDict(frozen=True)

    id: int
    round: int
    parent: int | None
    summary: str
    origin: str
    key: str
    patch: str
    failure: str | None = None


class GateResult(BaseModel):
    """One check's answer. `detail` is short and exact: it is the coder's feedback."""

    model_config = ConfigDict(frozen=True)

    gate: str
    passed: bool
    detail: str = ""
    facts: dict[str, Any] = {}
    seconds: float = 0.0


class Decision(StrEnum):
    """A judge's word: keep the candidate, try again from the best, or end the run."""

    ACCEPT = "accept"
    REVISE = "revise"
    STOP = "stop"


class Opinion(BaseModel):
    """One bottleneck and one next step. `expected_gain` is a ratio above 1."""

    model_config = ConfigDict(frozen=True)

    decision: Decision
    bottleneck: str
    next_step: str
    expected_gain: float
    origin: str = "rules"


class Evidence(BaseModel):
    """All that is known of one candidate. `kept`: it became the best of its time.

    verdict: against the tree it grew from. opinion: the judge's, if it was
    about this candidate.
    """

    model_config = ConfigDict(frozen=True)

    candidate: Candidate
    gates: tuple[GateResult, ...] = ()
    verdict: Verdict | None = None
    opinion: Opinion | None = None
    kept: bool = False

    @property
    def failed_gate(self) -> GateResult | None:
        return next((gate for gate in self.gates if not gate.passed), None)

    @property
    def vetoed(self) -> bool:
        """The judge turned down what the gates had passed."""
        return self.opinion is not None and self.opinion.decision is Decision.REVISE

    @property
    def passed(self) -> bool:
        usable = self.candidate.failure is None and bool(self.gates)
        return usable and self.failed_gate is None and not self.vetoed

    @property
    def status(self) -> str:
        """proposed | unusable | rejected | passed | accepted, as reports say it."""
        if self.candidate.failure is not None:
            return "unusable"
        if self.failed_gate is not None or self.vetoed:
            return "rejected"
        if self.kept:
            return "accepted"
        return "passed" if self.gates else "proposed"


class Spent(BaseModel):
    """What a run has used. Dollars count calls in flight at their worst price."""

    model_config = ConfigDict(frozen=True)

    usd: float = 0.0
    turns: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    sandbox_seconds: float = 0.0
    wall_seconds: float = 0.0


class RunState(TypedDict, total=False):
    """The graph's state: JSON values only (each model's `model_dump(mode="json")`).

    pending: this round's evidence, filled in from node to node; the judge moves
    it to `evidence`. best: id of the candidate that is kept so far. idle: rounds
    in a row without a better one. out_of_budget: a limit, not an answer, ended
    the search. sandbox_seconds, wall_seconds: used so far, by all processes of the run.
    """

    round: int
    baseline: dict[str, Any]
    hotspots: list[dict[str, Any]]
    hotspots_base: list[dict[str, Any]]
    evidence: list[dict[str, Any]]
    pending: list[dict[str, Any]]
    best: int | None
    idle: int
    opinion: dict[str, Any] | None
    stop_reason: str | None
    out_of_budget: bool
    final: dict[str, Any] | None
    sandbox_seconds: float
    wall_seconds: float


__all__ = [
    "Candidate",
    "Decision",
    "Evidence",
    "GateResult",
    "Hotspot",
    "Opinion",
    "Proposal",
    "RunState",
    "Spent",
]
