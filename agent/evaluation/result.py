"""One attempt at one instance, as it is kept: the schema of a line of `results.jsonl`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hotloop.repos.instances.schema import Id

SCHEMA_VERSION: Literal[1] = 1

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=400)]
Key = tuple[str, str, int]
"""Model, instance and attempt."""


class Outcome(StrEnum):
    """What became of an attempt. Only the first two say something about the patch."""

    SCORED = "scored"
    REJECTED = "rejected"
    QUARANTINED = "quarantined"
    INFRASTRUCTURE = "infrastructure"


class Sense(StrEnum):
    """A comparison's answer in three ways."""

    FASTER = "faster"
    SLOWER = "slower"
    TIE = "tie"


class Comparison(BaseModel):
    """Two sides measured together. ratio: time of the second over the first, above 1: the first is faster.

    low, high: the ends of its confidence interval. margin: the ratio that a difference must
    exceed to count. metric: the clock that decided. regressions: what became worse otherwise.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    ratio: Positive
    low: Positive
    high: Positive
    confidence: float = Field(gt=0, lt=1)
    margin: float = Field(ge=1, allow_inf_nan=False)
    metric: Literal["cpu", "wall"]
    regressions: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low <= self.ratio <= self.high:
            raise ValueError("the ratio lies outside of its interval")
        return self

    @property
    def sense(self) -> Sense:
        """Faster or slower where the whole interval lies beyond the margin; else a tie."""
        if self.low > self.margin:
            return Sense.FASTER
        return Sense.SLOWER if self.high < 1 / self.margin else Sense.TIE

    @property
    def shown_equal(self) -> bool:
        """The whole interval lies within the margin; a tie without it is undecided."""
        return self.low >= 1 / self.margin and self.high <= self.margin


class Timing(BaseModel):
    """Repeated times of one workload or test, seconds, for each side."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: Name
    base: tuple[Positive, ...] = Field(min_length=1)
    candidate: tuple[Positive, ...] = Field(min_length=1)
    expert: tuple[Positive, ...] = Field(min_length=1)


class Cost(BaseModel):
    """What the patch cost its maker; None where nobody told. scoring_seconds: what judging it took."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    usd: Amount | None = None
    prompt_tokens: int | None = Field(default=None, ge=0)
    completion_tokens: int | None = Field(default=None, ge=0)
    seconds: Amount | None = None
    scoring_seconds: Amount | None = None


class Result(BaseModel):
    """One attempt of one model at one instance.

    gate: what rejected it; only then. applied: whether the patch fitted base. candidate_base:
    base time over candidate time; expert_base: base over expert; candidate_expert: expert over
    candidate. timings: of every workload or test, where single times were kept. samples: a file
    below the folder with every raw sample. patch_sha256: of the patch's bytes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    schema_version: Literal[1] = SCHEMA_VERSION
    instance_id: Id
    model: Name
    attempt: int = Field(default=0, ge=0)
    outcome: Outcome
    reason: str = Field(default="", max_length=4000)
    gate: str | None = Field(default=None, min_length=1, max_length=100)
    applied: bool | None = None
    candidate_base: Comparison | None = None
    expert_base: Comparison | None = None
    candidate_expert: Comparison | None = None
    timings: tuple[Timing, ...] = ()
    samples: str | None = None
    patch_sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    cost: Cost = Cost()
    created: str = ""

    @property
    def key(self) -> Key:
        """What makes an attempt the same one when it is scored again."""
        return self.model, self.instance_id, self.attempt

    @property
    def counts(self) -> bool:
        """Whether it says something about the patch."""
        return self.outcome in (Outcome.SCORED, Outcome.REJECTED)

    @property
    def correct(self) -> bool:
        """No gate rejected it."""
        return self.outcome is Outcome.SCORED

    @property
    def untimed(self) -> bool:
        """Correct, but its single times were not kept, so what needs them cannot be told."""
        return self.correct and not self.timings

    @property
    def verified(self) -> bool:
        """Correct, shown to be faster than base, and worse in nothing else."""
        compared = self.candidate_base
        return compared is not None and compared.sense is Sense.FASTER and not compared.regressions

    @property
    def speedup(self) -> float:
        """Base time over candidate time; 1 for a rejected patch, which leaves base in place."""
        return 1.0 if self.candidate_base is None else self.candidate_base.ratio

    @property
    def expert_speedup(self) -> float:
        """Base time over expert time. Raises ValueError for an attempt that does not count."""
        if self.expert_base is None:
            raise ValueError(f"{self.instance_id} has no measurement of the expert")
        return self.expert_base.ratio

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.counts:
            self._check_counted()
        elif not self.reason:
            raise ValueError(f"a result that is {self.outcome.value} needs its reason")
        if (self.gate is not None) != (self.outcome is Outcome.REJECTED):
            raise ValueError("a rejected result names its gate, and no other does")
        if self.samples is not None and not _inside(self.samples):
            raise ValueError("samples must be a path below the folder")
        return self

    def _check_counted(self) -> None:
        if self.expert_base is None or self.expert_base.sense is not Sense.FASTER:
            raise ValueError("the expert is not shown to be faster here, so the instance is quarantined")
        compared = (self.candidate_base, self.candidate_expert)
        if self.outcome is Outcome.SCORED and (None in compared or self.applied is not True):
            raise ValueError("a scored patch applies, and is compared with base and expert")
        if self.outcome is Outcome.REJECTED and (compared != (None, None) or self.applied is None):
            raise ValueError("a rejected patch is not timed, and it is known whether it applied")


def _inside(path: str) -> bool:
    pure = PurePosixPath(path)
    return bool(path) and not pure.is_absolute() and ".." not in pure.parts
