"""A round's slots, filled side by side by conversations with a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future

from hotloop.agent.coder.threads import side_by_side
from hotloop.agent.models.base import CallKey
from hotloop.agent.models.errors import BudgetSpent
from hotloop.agent.prompts.quoting import clip
from hotloop.agent.state import Proposal

NODE = "coder"
_PROBLEM = 4000


def fill(tasks: Sequence[Callable[[], Proposal]]) -> list[Proposal]:
    """What the slots bring, the first of each idea. BudgetSpent if the budget held none of them."""
    return _distinct(_paid(side_by_side(tasks)))


def unusable(key: CallKey, origin: str, problem: str) -> Proposal:
    """A slot that brought no change, and why."""
    return Proposal(
        summary="a reply that could not be used",
        origin=origin,
        key=f"unusable {key}",
        failure=clip(problem, _PROBLEM),
    )


def _paid(slots: Sequence[Future[Proposal]]) -> list[Proposal]:
    """In their order."""
    found: list[Proposal] = []
    spent: BudgetSpent | None = None
    for slot in slots:
        try:
            found.append(slot.result())
        except BudgetSpent as error:
            spent = error
    if spent is not None and not found:
        raise spent
    return found


def _distinct(proposals: Sequence[Proposal]) -> list[Proposal]:
    firsts: dict[str, Proposal] = {}
    for proposal in proposals:
        firsts.setdefault(proposal.key, proposal)
    return list(firsts.values())
