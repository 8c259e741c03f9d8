"""Finish: the winner again, from clean, on inputs it has not seen. Only this figure is published.

The search picks the best of many noisy measurements, so its figure flatters.
Should the winner not hold, the candidate it grew from is tried, and so on.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from hotloop.agent.baseline import Baseline
from hotloop.agent.gates import GATES
from hotloop.agent.gates.base import Trial, announce, walk
from hotloop.agent.gates.speed import check_speed
from hotloop.agent.nodes.common import all_evidence
from hotloop.agent.profiling import take_profile
from hotloop.agent.state import Candidate, GateResult, Hotspot, RunState
from hotloop.agent.workshop import Workshop
from hotloop.profilers.verdict import Verdict


class Verification(BaseModel):
    """One candidate's second trial: against base, from clean. `hotspots` are of its tree."""

    model_config = ConfigDict(frozen=True)

    candidate: int
    gates: tuple[GateResult, ...]
    verdict: Verdict | None
    hotspots: tuple[Hotspot, ...] = ()

    @property
    def holds(self) -> bool:
        return self.verdict is not None and all(gate.passed for gate in self.gates)


def finish(state: RunState, shop: Workshop) -> dict[str, Any]:
    verified: Verification | None = None
    for candidate in lineage(state):
        shop.events.log(f"verifying candidate {candidate.id} from clean: {candidate.summary}")
        verified = verify(candidate, state, shop)
        if verified.holds:
            break
    shop.keep_trees(set())
    return {"final": None if verified is None else verified.model_dump(mode="json")}


def lineage(state: RunState) -> list[Candidate]:
    """The best candidate, then those it grew from, newest first."""
    by_id = {one.candidate.id: one.candidate for one in all_evidence(state)}
    chain, number = [], state.get("best")
    while number is not None:
        chain.append(by_id[number])
        number = by_id[number].parent
    return chain


def verify(candidate: Candidate, state: RunState, shop: Workshop) -> Verification:
    """A fresh tree, every gate on new inputs, then the clock against base."""
    known = Baseline.model_validate(state["baseline"])
    place = shop.folder.work / "verified" / str(candidate.id)
    trial = Trial(candidate, shop, known, place, shop.base_tree, stage="final")
    results = walk(GATES, trial)
    if not all(result.passed for result in results):
        return Verification(candidate=candidate.id, gates=results, verdict=None)
    speed, verdict = check_speed(trial)
    announce(trial, speed)
    spots = take_profile(shop, place, with_facts=False).hotspots if speed.passed else []
    return Verification(
        candidate=candidate.id, gates=(*results, speed), verdict=verdict, hotspots=tuple(spots)
    )
