"""What every gate promises, and the walk through them."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hotloop.agent.baseline import Baseline
from hotloop.agent.state import Candidate, GateResult, Hotspot
from hotloop.agent.workshop import Workshop

SEARCH_SHARE = 0.25
"""Of the time that the final check takes to compare calls, what each candidate of the search gets."""


@dataclass(frozen=True)
class Trial:
    """One candidate on its way through the gates.

    tree: its own tree, made by the build gate. against: the tree it must be
    equal to and faster than. stage: "search" or "final"; inputs differ between
    them, so that what was tuned to the search's inputs is found out. hotspots:
    of `against`; none in the final check.
    """

    candidate: Candidate
    workshop: Workshop
    baseline: Baseline
    tree: Path
    against: Path
    stage: str = "search"
    hotspots: tuple[Hotspot, ...] = ()

    @property
    def equivalence_seconds(self) -> float:
        """For each way of comparing calls; the search has many candidates, and only one is published."""
        seconds = self.workshop.settings.equivalence_seconds
        return seconds if self.stage == "final" else seconds * SEARCH_SHARE

    def rng(self, purpose: str) -> random.Random:
        """Random choices of this gate on this candidate, the same on every run with one seed."""
        return random.Random(f"{self.workshop.settings.seed}/{self.stage}/{self.candidate.id}/{purpose}")


class Gate(Protocol):
    """One check. Infrastructure failures are raised; everything else is a GateResult."""

    name: str

    def check(self, trial: Trial) -> GateResult: ...


def passed(gate: str, detail: str = "", **facts: object) -> GateResult:
    return GateResult(gate=gate, passed=True, detail=detail, facts=facts)


def failed(gate: str, detail: str, **facts: object) -> GateResult:
    return GateResult(gate=gate, passed=False, detail=detail, facts=facts)


def walk(gates: Sequence[Gate], trial: Trial) -> tuple[GateResult, ...]:
    """Every gate's answer up to the first that fails, each with the seconds it took."""
    results: list[GateResult] = []
    for gate in gates:
        begun = time.monotonic()
        result = gate.check(trial).model_copy(update={"seconds": time.monotonic() - begun})
        results.append(result)
        announce(trial, result)
        if not result.passed:
            break
    return tuple(results)


def announce(trial: Trial, result: GateResult) -> None:
    """Tell the run's event log what a gate said."""
    trial.workshop.events.emit(
        "gate",
        candidate=trial.candidate.id,
        gate=result.gate,
        passed=result.passed,
        detail=result.detail,
        seconds=round(result.seconds, 3),
    )
