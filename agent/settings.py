"""Everything a run can be told. Flags, environment and files all end here."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from hotloop.repos.task import TaskOptions


class Settings(TaskOptions):
    """A task's options and how much effort to spend on it. Durations are seconds."""

    coder: Literal["catalog", "model"] | None = None
    """Who proposes; None: a model when a key is set, else the catalog."""
    model: str | None = None
    """The coder's model."""
    judge_model: str | None = None
    """The judge's model; the coder's when unset."""
    sandbox: Literal["auto", "bubblewrap", "docker", "local"] = "auto"
    """Where target code runs."""
    profiler: Literal["pyspy", "cprofile", "callgrind", "memray"] = "pyspy"
    """What finds the hotspots: pyspy or cprofile in a run, any in `hotloop profile`."""
    rounds: int = Field(default=8, ge=1)
    """Most rounds."""
    candidates: int = Field(default=4, ge=1)
    """Candidates a round."""
    turns: int = Field(default=1, ge=1, le=1000)
    """Most requests for one candidate; with more than one the model works with tools."""
    max_cost: float | None = Field(default=None, ge=0)
    """Most dollars to spend on models."""
    max_turns: int | None = Field(default=None, ge=0)
    """Most requests to models."""
    max_time: float | None = Field(default=None, gt=0)
    """Most wall-clock seconds for the search."""
    allow_unknown_price: bool = False
    """Let `max_cost` stand with a model whose price is unknown (then it counts tokens only)."""
    prices: dict[str, tuple[float, float]] = Field(default_factory=dict)
    """Dollars for a million prompt and completion tokens, by model; overrides the price list."""
    seed: int = 0
    """Where all of the run's random choices start."""
    confidence: float = Field(default=0.98, gt=0.5, lt=1.0)
    """Of every reported interval."""
    measure_seconds: float = Field(default=40.0, gt=0)
    """Most seconds to measure one candidate; twice that for the published figure."""
    equivalence_seconds: float = Field(default=20.0, gt=0)
    """Most seconds to repeat recorded calls, and as many again to try generated inputs, in the final
    check; a quarter of that for each candidate of the search."""
    max_completion_tokens: int = Field(default=16_000, ge=256)
    """Most tokens in one reply."""
