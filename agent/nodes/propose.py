"""Propose: a round's candidates, from the coder and from what earlier rounds left over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hotloop.agent.coder.base import ProposalContext
from hotloop.agent.gates.scope import scope_of
from hotloop.agent.folder import write_text
from hotloop.agent.leftovers import leftovers, settled, stack
from hotloop.agent.models.errors import BudgetSpent
from hotloop.agent.nodes.common import all_evidence, best_evidence, best_tree, current_hotspots, dump, last_opinion
from hotloop.agent.state import Candidate, Evidence, Proposal, RunState
from hotloop.agent.workshop import Workshop
from hotloop.repos.patch import make_patch, patch_between


def propose(state: RunState, shop: Workshop) -> dict[str, Any]:
    number = state.get("round", 0) + 1
    tree = best_tree(state, shop)
    update: dict[str, Any] = {"round": number, "pending": []}
    try:
        proposals = gather(state, shop, tree, number)
    except BudgetSpent as spent:
        return {**update, "stop_reason": str(spent), "out_of_budget": True}
    if not proposals:
        return {**update, "stop_reason": f"the {shop.coder.name} coder has no more ideas"}
    candidates = number_candidates(state, shop, tree, proposals, number)
    shop.events.emit(
        "proposed",
        candidates=[{"id": one.id, "summary": one.summary, "origin": one.origin} for one in candidates],
    )
    return {**update, "pending": dump([Evidence(candidate=candidate) for candidate in candidates])}


def gather(state: RunState, shop: Workshop, tree: Path, number: int) -> list[Proposal]:
    """A stack of what was faster but not kept, if there is any, then the coder's."""
    evidence = all_evidence(state)
    context = ProposalContext(
        tree=tree,
        editable=editable(shop),
        workload=shop.workload.source,
        hotspots=current_hotspots(state),
        tried=tuple(settled(evidence, state.get("best"))),
        best=best_evidence(state),
        opinion=last_opinion(state),
        budget=shop.budget.left(),
        round=number,
        wanted=shop.settings.candidates,
    )
    left = leftovers(evidence, state.get("best"))
    stacked = stack(tree, left) if left else None
    return [*([stacked] if stacked else []), *shop.coder.propose(context)][: shop.settings.candidates]


def editable(shop: Workshop) -> Callable[[str], bool]:
    refusal = scope_of(shop.settings, shop.workload.path)
    return lambda path: refusal(path) is None


def number_candidates(
    state: RunState, shop: Workshop, tree: Path, proposals: list[Proposal], number: int
) -> list[Candidate]:
    """Each proposal as a patch on base, kept on disk."""
    first = len(state.get("evidence", [])) + 1
    candidates = []
    for position, proposal in enumerate(proposals):
        candidate = Candidate(
            id=first + position,
            round=number,
            parent=state.get("best"),
            summary=proposal.summary,
            origin=proposal.origin,
            key=proposal.key,
            patch=patch_between(shop.source_tree, tree, proposal.edits) if proposal.edits else "",
            failure=proposal.failure,
        )
        candidates.append(candidate)
        write_text(shop.folder.candidate(candidate.id) / "patch.diff", candidate.patch)
    return candidates
