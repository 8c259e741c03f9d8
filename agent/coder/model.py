"""The coder that asks a model: one call a candidate, side by side, each in another direction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial

from hotloop.agent.coder.base import ProposalContext
from hotloop.agent.coder.listing import listing
from hotloop.agent.coder.threads import side_by_side
from hotloop.agent.integrity.declared import declarations
from hotloop.agent.models.base import CallKey, ChatModel, Message, Reply
from hotloop.agent.models.errors import BudgetSpent, CallLost
from hotloop.agent.prompts import render
from hotloop.agent.prompts.facts import facts_words
from hotloop.agent.prompts.quoting import clip, one_line
from hotloop.agent.prompts.words import history_words, hotspots_words, outcome_words
from hotloop.agent.state import Proposal
from hotloop.repos.edits import edits_from_reply
from hotloop.repos.errors import EditError

NODE = "coder"

_SOURCE = 40_000
_WORKLOAD = 12_000
_REPLY = 20_000
_PATCH = 2_500
_SHOWN_HOTSPOTS = 12
_SHOWN_FACTS = 8
_SHOWN_CANDIDATES = 24
_SHOWN_PATCHES = 4
_DECLARED = 4
_DEFAULT_GOAL = "Make the workload below faster without changing what the code does."
_APPROACHES = (
    "Look for a better algorithm: less work as the input grows.",
    "Look for a better data structure, or for a representation that makes the hot operation cheap.",
    "Look for work that need not be done: repeated, redone in a loop, or thrown away.",
    "Look for many small steps that one operation of the language or of a library in use does at once.",
)


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
        brief = Brief.of(context)
        tasks = [partial(self._slot, context, brief, slot) for slot in range(context.wanted)]
        return _distinct(_paid(side_by_side(tasks)))

    def _slot(self, context: ProposalContext, brief: Brief, slot: int) -> Proposal:
        messages = brief.messages(context, slot)
        key = CallKey(context.round, NODE, slot, 1)
        try:
            reply = self.model.complete(messages, key=key, max_tokens=self.max_tokens)
            return self._proposal(reply, context)
        except CallLost as lost:
            return self._failure(key, str(lost))
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
            return self._failure(key, f"{problem} (not asked again: {spent})")
        except (Unusable, CallLost) as second:
            return self._failure(key, str(second))

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
        return Proposal(summary=_summary(reply.text, edits), origin=self._origin, key=key, edits=edits)

    def _failure(self, key: CallKey, problem: str) -> Proposal:
        return Proposal(
            summary="a reply that could not be used",
            origin=self._origin,
            key=f"unusable {key}",
            failure=clip(problem, 4000),
        )

    @property
    def _origin(self) -> str:
        return f"model {self.model.name}"


@dataclass(frozen=True)
class Brief:
    """A round's prompt, but for the direction that each slot is sent in."""

    system: str
    values: dict[str, object]

    @classmethod
    def of(cls, context: ProposalContext) -> Brief:
        rejected = [one for one in context.tried if one.status == "rejected" and one.candidate.patch]
        best, opinion = context.best, context.opinion
        values: dict[str, object] = {
            "goal": context.goal or _DEFAULT_GOAL,
            "budget": context.budget,
            "best": f"{best.candidate.summary}\n{outcome_words(best)}" if best else "",
            "best_id": best.candidate.id if best else None,
            "opinion": f"Bottleneck: {opinion.bottleneck}\nNext step: {opinion.next_step}" if opinion else "",
            "notes": context.notes,
            "facts": facts_words(context.hotspots, _SHOWN_FACTS),
            "hotspots": hotspots_words(context.hotspots, _SHOWN_HOTSPOTS) or "(none were found)",
            "sections": listing(context.tree, context.hotspots[:_SHOWN_HOTSPOTS], _SOURCE),
            "workload": clip(context.workload, _WORKLOAD),
            "tried": history_words(context.tried, _SHOWN_CANDIDATES),
            "patches": [clip(one.candidate.patch, _PATCH) for one in rejected[-_SHOWN_PATCHES:]],
        }
        return cls(render("coder_system"), values)

    def messages(self, context: ProposalContext, slot: int) -> list[Message]:
        user = render("coder_user", **self.values, direction=_direction(context, slot))
        return [Message(role="system", content=self.system), Message(role="user", content=user)]


def idea_key(edits: dict[str, str]) -> str:
    """The same for edits that differ only in blank lines, line ends and comments of their own line."""
    plain = {path: _code_lines(text) for path, text in sorted(edits.items())}
    return hashlib.sha256(json.dumps(plain).encode()).hexdigest()


def _code_lines(text: str) -> list[str]:
    lines = [line.rstrip() for line in text.splitlines()]
    return [line for line in lines if line and not line.lstrip().startswith("#")]


def _direction(context: ProposalContext, slot: int) -> str:
    """The first slot follows the judge; the others spread over hotspots and approaches."""
    if context.opinion is not None and slot == 0:
        return "Take the judge's next step, unless the source shows a better one."
    spots = [n for n, spot in enumerate(context.hotspots[:4], 1) if context.editable(spot.file)]
    approach = _APPROACHES[(slot + context.round - 1) % len(_APPROACHES)]
    if not spots or slot == 0:
        return approach
    number = spots[slot % len(spots)]
    return f"Others work on other parts: start from hot function {number} and what calls it. {approach}"


def _refuse_unfinished(reply: Reply, max_tokens: int) -> None:
    if reply.finish == "length":
        raise Unusable(f"The reply was cut off at {max_tokens} tokens. Send shorter blocks and no prose.")
    if reply.finish == "refusal":
        raise Unusable(f"The request was refused: {one_line(reply.text, 300) or 'no reason given'}")
    if reply.finish == "tools":
        raise Unusable("The reply called a tool. There are none: answer with text alone.")
    if not reply.text.strip():
        raise Unusable("The reply was empty.")


def _summary(text: str, edits: dict[str, str]) -> str:
    """The reply's first sentence, what was edited if it has none, and the caches it declares."""
    said: list[str] = []
    for line in text[:_REPLY].splitlines():
        plain = one_line(line.strip(" \t#*`>-"), 200)
        if line.lstrip().startswith(("<<<<<", "```")) or plain in edits:
            break
        if plain:
            said.append(plain)
    caches = [line for line in said if declarations(line)][:_DECLARED]
    first = said[0] if said and said[0] not in caches else f"Change {', '.join(sorted(edits))}"
    return "\n".join([one_line(first, 200), *caches])


def _paid(slots: Sequence[Future[Proposal]]) -> list[Proposal]:
    """What the slots brought, in their order. BudgetSpent only if the budget held none of them."""
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
    """The first of each idea."""
    firsts: dict[str, Proposal] = {}
    for proposal in proposals:
        firsts.setdefault(proposal.key, proposal)
    return list(firsts.values())
