"""Propose: a round's candidates, from the coder and from what earlier rounds left over."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

from hotloop.agent.baseline import Baseline
from hotloop.agent.coder.base import ProposalContext
from hotloop.agent.folder import write_text
from hotloop.agent.gates.scope import scope_of
from hotloop.agent.leftovers import leftovers, settled, stack
from hotloop.agent.models.errors import BudgetSpent
from hotloop.agent.nodes.common import (
    all_evidence,
    best_evidence,
    best_tree,
    current_hotspots,
    dump,
    last_opinion,
)
from hotloop.agent.state import Candidate, Evidence, Proposal, RunState
from hotloop.agent.tools.lab import Round
from hotloop.agent.tools.workspace import Workspace, open_workspace
from hotloop.agent.workshop import Workshop
from hotloop.repos.patch import PatchError, extend_patch


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
    candidates = number_candidates(state, shop, proposals, number)
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
        workspace=workspaces(state, shop, tree, number),
    )
    stacked = stack_leftovers(state, shop)
    return [*([stacked] if stacked else []), *shop.coder.propose(context)][: shop.settings.candidates]


def workspaces(
    state: RunState, shop: Workshop, tree: Path, number: int
) -> Callable[[int], AbstractContextManager[Workspace]]:
    """Opens a place to work on one candidate of the round, given its slot."""
    best = best_evidence(state)
    shared = Round(
        shop,
        Baseline.model_validate(state["baseline"]),
        current_hotspots(state),
        tree,
        "" if best is None else best.candidate.patch,
        number,
    )
    tried = {one.candidate.key: one.candidate.id for one in settled(all_evidence(state), state.get("best"))}
    return partial(open_workspace, shared, tried)


def stack_leftovers(state: RunState, shop: Workshop) -> Proposal | None:
    evidence, best = all_evidence(state), best_evidence(state)
    left = leftovers(evidence, state.get("best"))
    by_id = {one.candidate.id: one.candidate for one in evidence}
    return stack(shop, None if best is None else best.candidate, by_id, left) if left else None


def editable(shop: Workshop) -> Callable[[str], bool]:
    refusal = scope_of(shop.settings, shop.workload.path)
    return lambda path: refusal(path) is None


def number_candidates(
    state: RunState, shop: Workshop, proposals: list[Proposal], number: int
) -> list[Candidate]:
    """Each proposal as a patch on base, kept on disk."""
    first = len(state.get("evidence", [])) + 1
    best = best_evidence(state)
    earlier = "" if best is None else best.candidate.patch
    candidates = []
    for position, proposal in enumerate(proposals):
        patch, failure = patch_of(shop, earlier, proposal)
        candidate = Candidate(
            id=first + position,
            round=number,
            parent=state.get("best"),
            summary=proposal.summary,
            origin=proposal.origin,
            key=proposal.key,
            patch=patch,
            failure=failure,
        )
        candidates.append(candidate)
        write_text(shop.folder.candidate(candidate.id) / "patch.diff", candidate.patch)
    return candidates


def patch_of(shop: Workshop, earlier: str, proposal: Proposal) -> tuple[str, str | None]:
    """The patch on base, or why there is none."""
    if proposal.failure is not None:
        return "", proposal.failure
    try:
        patch = extend_patch(shop.source_tree, earlier, proposal.edits)
    except PatchError as error:
        return "", str(error)
    return (patch, None) if patch else ("", "the proposal changes nothing")
