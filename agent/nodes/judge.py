"""Judge: read the round's evidence, keep the best, say what to try next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hotloop.agent.judge.base import Review
from hotloop.agent.models.errors import BudgetSpent
from hotloop.agent.nodes.common import all_evidence, current_hotspots, dump, pending, speedup_so_far
from hotloop.agent.state import Decision, Evidence, Opinion, RunState
from hotloop.agent.workshop import Workshop


def judge(state: RunState, shop: Workshop) -> dict[str, Any]:
    round_evidence = pending(state)
    leader = leader_of(round_evidence)
    idle = 0 if leader is not None else state.get("idle", 0) + 1
    review = Review(
        round=state["round"],
        evidence=tuple(round_evidence),
        leader=leader,
        history=tuple(all_evidence(state)),
        hotspots=current_hotspots(state),
        speedup_so_far=speedup_so_far(state),
        budget=shop.budget.left(),
        idle_rounds=idle,
    )
    try:
        opinion = shop.judge.review(review)
    except BudgetSpent as spent:
        # What the gates and the clock have accepted is not lost for want of a word on it.
        closed = settle(state, shop, round_evidence, leader=leader, idle=idle)
        return closed | {"stop_reason": str(spent), "out_of_budget": True}
    shop.events.emit(
        "opinion", decision=opinion.decision.value, bottleneck=opinion.bottleneck, next_step=opinion.next_step
    )
    update = settle(state, shop, round_evidence, leader=leader, idle=idle, opinion=opinion)
    if opinion.decision is Decision.STOP:
        update["stop_reason"] = f"the judge sees no further gain: {opinion.next_step}"
    return update


def leader_of(evidence: Sequence[Evidence]) -> Evidence | None:
    """The fastest of those that passed every gate."""
    passed = [one for one in evidence if one.passed and one.verdict is not None]
    return max(passed, key=lambda one: one.verdict.ratio if one.verdict else 0.0, default=None)


def settle(
    state: RunState,
    shop: Workshop,
    round_evidence: list[Evidence],
    *,
    leader: Evidence | None,
    idle: int,
    opinion: Opinion | None = None,
) -> dict[str, Any]:
    """Close the round: evidence on disk and in the state, trees that are no longer needed gone."""
    marked = [mark(one, leader, opinion) for one in round_evidence]
    for one in marked:
        shop.folder.write_json(
            shop.folder.candidate(one.candidate.id) / "evidence.json", one.model_dump(mode="json")
        )
    best = next((one.candidate.id for one in marked if one.kept), state.get("best"))
    shop.keep_trees(set() if best is None else {best})
    return {
        "evidence": [*state.get("evidence", []), *dump(marked)],
        "pending": [],
        "best": best,
        "idle": idle,
        "opinion": opinion.model_dump(mode="json") if opinion else None,
    }


def mark(one: Evidence, leader: Evidence | None, opinion: Opinion | None) -> Evidence:
    """The judge's word belongs to the round's leader, which is kept unless it was turned down."""
    if leader is None or one.candidate.id != leader.candidate.id:
        return one
    judged = one.model_copy(update={"opinion": opinion})
    return judged.model_copy(update={"kept": not judged.vetoed})
