"""Gates: every candidate of the round walks through them, side by side."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from hotloop.agent.baseline import Baseline
from hotloop.agent.gates import GATES
from hotloop.agent.gates.base import Trial, walk
from hotloop.agent.nodes.common import best_tree, current_hotspots, dump, pending
from hotloop.agent.state import Evidence, RunState
from hotloop.agent.workshop import Workshop


def gates(state: RunState, shop: Workshop) -> dict[str, Any]:
    against = best_tree(state, shop)
    known = Baseline.model_validate(state["baseline"])
    spots = current_hotspots(state)

    def try_one(one: Evidence) -> Evidence:
        if one.candidate.failure is not None:
            return one
        trial = Trial(one.candidate, shop, known, shop.tree_place(one.candidate.id), against, hotspots=spots)
        return one.model_copy(update={"gates": walk(GATES, trial)})

    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        return {"pending": dump(list(pool.map(try_one, pending(state))))}
