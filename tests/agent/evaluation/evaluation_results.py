"""Results to make metrics of, in few words."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hotloop.agent.evaluation.counting import Task
from hotloop.agent.evaluation.result import Comparison, Cost, Outcome, Result, Timing

MARGIN = 1.02


def comparison(ratio: float, spread: float = 1.01, regressions: tuple[str, ...] = ()) -> Comparison:
    return Comparison(
        ratio=ratio,
        low=ratio / spread,
        high=ratio * spread,
        confidence=0.98,
        margin=MARGIN,
        metric="cpu",
        regressions=regressions,
    )


def timing(base: float, candidate: float, expert: float, name: str = "workload") -> Timing:
    """One time on each side."""
    return Timing(name=name, base=(base,), candidate=(candidate,), expert=(expert,))


def scored(
    name: str = "task",
    speedup: float = 2.0,
    expert: float = 2.0,
    *,
    model: str = "model",
    attempt: int = 0,
    against: Comparison | None = None,
    timings: Sequence[Timing] | None = None,
    usd: float | None = None,
    regressions: tuple[str, ...] = (),
) -> Result:
    """A patch that is `speedup` as fast as base, where the expert's is `expert`."""
    return Result(
        instance_id=name,
        model=model,
        attempt=attempt,
        outcome=Outcome.SCORED,
        applied=True,
        candidate_base=comparison(speedup, regressions=regressions),
        expert_base=comparison(expert),
        candidate_expert=against or comparison(speedup / expert),
        timings=tuple([timing(1.0, 1 / speedup, 1 / expert)] if timings is None else timings),
        cost=Cost(usd=usd),
    )


def rejected(
    name: str = "task",
    expert: float = 2.0,
    *,
    model: str = "model",
    attempt: int = 0,
    applied: bool = True,
    usd: float | None = None,
) -> Result:
    return Result(
        instance_id=name,
        model=model,
        attempt=attempt,
        outcome=Outcome.REJECTED,
        gate="tests" if applied else "build",
        reason="it does not hold",
        applied=applied,
        expert_base=comparison(expert),
        cost=Cost(usd=usd),
    )


def quarantined(name: str = "task", *, model: str = "model", attempt: int = 0) -> Result:
    return Result(
        instance_id=name,
        model=model,
        attempt=attempt,
        outcome=Outcome.QUARANTINED,
        reason="the expert is not faster here",
        expert_base=comparison(1.0),
    )


def failed(name: str = "task", *, model: str = "model", attempt: int = 0) -> Result:
    return Result(
        instance_id=name,
        model=model,
        attempt=attempt,
        outcome=Outcome.INFRASTRUCTURE,
        reason="the engine went away",
    )


def tasks(*attempts: Result) -> tuple[Task, ...]:
    """Each result a task of its own."""
    return tuple(Task(f"{number}", (one,)) for number, one in enumerate(attempts))


def task(*attempts: Result) -> tuple[Task, ...]:
    """One task with all attempts."""
    return (Task("task", attempts),)


def close(value: float | None, expected: float) -> bool:
    return value is not None and math.isclose(value, expected, rel_tol=1e-9, abs_tol=1e-12)
