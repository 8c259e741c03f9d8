"""The coder that asks a model: one call a candidate, side by side, each in another direction."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from hotloop.agent.coder.base import ProposalContext
from hotloop.agent.coder.brief import Brief
from hotloop.agent.coder.ideas import idea_key, summary_of
from hotloop.agent.coder.slots import NODE, fill, unusable
from hotloop.agent.models.base import CallKey, ChatModel, Message, Reply
from hotloop.agent.models.errors import BudgetSpent, CallLost
from hotloop.agent.prompts import render
from hotloop.agent.prompts.quoting import clip, one_line
from hotloop.agent.state import Proposal
from hotloop.repos.edits import edits_from_reply
from hotloop.repos.errors import EditError

_REPLY = 20_000


class Unusable(Exception):
    """A reply that holds no change to try. The text tells the model why."""


@dataclass(frozen=True)
class ModelCoder:
    """Asks `model` for replies of at most `max_tokens` each; once more for one that cannot be used."""

    model: ChatModel
    max_tokens: int

    @property
    def name(self) -> str:
        return "model"

    def propose(self, context: ProposalContext) -> list[Proposal]:
        """See `Coder`. Slots that the budget cannot hold are left out; BudgetSpent if that is all of them."""
        brief = Brief.of(context, render("coder_system"))
        tasks = [partial(self._slot, context, brief, slot) for slot in range(context.wanted)]
        return fill(tasks)

    def _slot(self, context: ProposalContext, brief: Brief, slot: int) -> Proposal:
        messages = brief.messages(context, slot)
        key = CallKey(context.round, NODE, slot, 1)
        try:
            reply = self.model.complete(messages, key=key, max_tokens=self.max_tokens)
            return self._proposal(reply, context)
        except CallLost as lost:
            return unusable(key, self._origin, str(lost))
        except Unusable as problem:
            return self._repair(context, messages, reply, problem, CallKey(context.round, NODE, slot, 2))

    def _repair(
        self, context: ProposalContext, messages: list[Message], reply: Reply, problem: Unusable, key: CallKey
    ) -> Proposal:
        """One more reply, told what was wrong with the first."""
        said = [Message(role="assistant", content=clip(reply.text, _REPLY))] if reply.text.strip() else []
        asked = Message(role="user", content=render("coder_repair", problem=str(problem)))
        try:
            again = self.model.complete([*messages, *said, asked], key=key, max_tokens=self.max_tokens)
            return self._proposal(again, context)
        except BudgetSpent as spent:
            return unusable(key, self._origin, f"{problem} (not asked again: {spent})")
        except (Unusable, CallLost) as second:
            return unusable(key, self._origin, str(second))

    def _proposal(self, reply: Reply, context: ProposalContext) -> Proposal:
        """The change that `reply` holds. Raises Unusable."""
        _refuse_unfinished(reply, self.max_tokens)
        try:
            edits = edits_from_reply(reply.text, context.tree, context.editable)
        except EditError as error:
            raise Unusable(str(error)) from error
        key = idea_key(edits)
        same = next((one.candidate.id for one in context.tried if one.candidate.key == key), None)
        if same is not None:
            raise Unusable(f"This is the change that candidate {same} made. Propose a different one.")
        return Proposal(summary=summary_of(reply.text, edits), origin=self._origin, key=key, edits=edits)

    @property
    def _origin(self) -> str:
        return f"model {self.model.name}"


def _refuse_unfinished(reply: Reply, max_tokens: int) -> None:
    if reply.finish == "length":
        raise Unusable(f"The reply was cut off at {max_tokens} tokens. Send shorter blocks and no prose.")
    if reply.finish == "refusal":
        raise Unusable(f"The request was refused: {one_line(reply.text, 300) or 'no reason given'}")
    if reply.finish == "tools":
        raise Unusable("The reply called a tool. There are none: answer with text alone.")
    if not reply.text.strip():
        raise Unusable("The reply was empty.")
