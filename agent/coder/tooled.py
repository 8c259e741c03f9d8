"""The coder that works with tools: a conversation a candidate, until it submits or its turns are over."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from hotloop.agent.coder.base import ProposalContext
from hotloop.agent.coder.brief import Brief
from hotloop.agent.coder.conversation import Conversation
from hotloop.agent.coder.ideas import idea_key, summary_of
from hotloop.agent.coder.slots import NODE, fill, unusable
from hotloop.agent.coder.turn import Turn, take
from hotloop.agent.models.base import CallKey, ChatModel
from hotloop.agent.models.errors import BudgetSpent, CallLost
from hotloop.agent.prompts import render
from hotloop.agent.state import Proposal
from hotloop.agent.tools import tools_of
from hotloop.agent.tools.workspace import Workspace

SOURCE = 12_000
"""Characters of hot source to begin with; the model can read the rest."""
SILENT = 3
"""Replies in a row without a call that end a conversation."""


@dataclass(frozen=True)
class ToolCoder:
    """Asks `model` for at most `turns` replies a candidate, of at most `max_tokens` each."""

    model: ChatModel
    max_tokens: int
    turns: int

    @property
    def name(self) -> str:
        return "model"

    def propose(self, context: ProposalContext) -> list[Proposal]:
        """See `Coder`. Slots that the budget cannot hold are left out; BudgetSpent if that is all of them."""
        return fill([partial(self._slot, context, slot) for slot in range(context.wanted)])

    def _slot(self, context: ProposalContext, slot: int) -> Proposal:
        """Edits that were not submitted are a proposal, too: they are paid for, and the gates will tell."""
        if context.workspace is None:
            raise ValueError("a coder with tools needs a workspace")
        with context.workspace(slot) as place:
            ended = self._work(context, slot, place)
            edits, submitted = dict(place.draft.edits), place.submitted
        origin, key = f"model {self.model.name}", idea_key(edits)
        if not edits or (submitted is None and key in place.tried):
            return unusable(CallKey(context.round, NODE, slot, self.turns), origin, f"no new change: {ended}")
        summary = summary_of(submitted or "", edits)
        if submitted is None:
            summary = f"{summary} (not submitted: {ended})"
        return Proposal(summary=summary, origin=origin, key=key, edits=edits)

    def _work(self, context: ProposalContext, slot: int, place: Workspace) -> str:
        """Turns until one submits; why there is no further one. BudgetSpent before anything was changed."""
        tools = tools_of(place)
        specs = [tool.spec() for tool in tools]
        system = render("coder_tools_system", tools=[tool.name for tool in tools], turns=self.turns)
        brief = Brief.of(context, system, source=SOURCE, tools=True)
        talk = Conversation(brief.messages(context, slot))
        called, silent = False, 0
        for number in range(1, self.turns + 1):
            try:
                reply = self.model.complete(
                    talk.messages(),
                    key=CallKey(context.round, NODE, slot, number),
                    max_tokens=self.max_tokens,
                    tools=specs,
                )
            except (BudgetSpent, CallLost) as end:
                if isinstance(end, BudgetSpent) and not place.draft.edits:
                    raise
                return str(end)
            talk.add(take(reply, place, tools, Turn(number, self.turns, called, self.max_tokens)))
            called, silent = called or bool(reply.calls), 0 if reply.calls else silent + 1
            if place.submitted is not None:
                return "submitted"
            if silent == SILENT:
                return f"{SILENT} replies in a row called no tool"
        return f"the {self.turns} replies ran out"
