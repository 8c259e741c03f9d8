"""Measure: what passed the gates, one at a time on the reserved core."""

from __future__ import annotations

from typing import Any

from hotloop.agent.baseline import Baseline
from hotloop.agent.gates.base import Trial, announce
from hotloop.agent.gates.speed import check_speed
from hotloop.agent.nodes.common import best_tree, dump, pending
from hotloop.agent.state import Evidence, RunState
from hotloop.agent.workshop import Workshop


def measure(state: RunState, shop: Workshop) -> dict[str, Any]:
    against = best_tree(state, shop)
    known = Baseline.model_validate(state["baseline"])

    def time_one(one: Evidence) -> Evidence:
        if not one.passed:
            return one
        trial = Trial(one.candidate, shop, known, shop.built_tree(one.candidate), against)
        result, verdict = check_speed(trial)
        announce(trial, result)
        return one.model_copy(update={"gates": (*one.gates, result), "verdict": verdict})

    return {"pending": dump([time_one(one) for one in pending(state)])}
