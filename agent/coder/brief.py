"""What a coder's model is told of a round, and the direction that each slot is sent in."""

from __future__ import annotations

from dataclasses import dataclass

from hotloop.agent.coder.base import ProposalContext
from hotloop.agent.coder.listing import listing
from hotloop.agent.models.base import Message
from hotloop.agent.prompts import render
from hotloop.agent.prompts.facts import facts_words
from hotloop.agent.prompts.quoting import clip
from hotloop.agent.prompts.words import history_words, hotspots_words, outcome_words

SOURCE = 40_000
"""Characters of hot source where a model cannot look further."""

_WORKLOAD = 12_000
_PATCH = 2_500
_SHOWN_HOTSPOTS = 12
_SHOWN_FACTS = 8
_SHOWN_CANDIDATES = 24
_SHOWN_PATCHES = 4
_DEFAULT_GOAL = "Make the workload below faster without changing what the code does."
_APPROACHES = (
    "Look for a better algorithm: less work as the input grows.",
    "Look for a better data structure, or for a representation that makes the hot operation cheap.",
    "Look for work that need not be done: repeated, redone in a loop, or thrown away.",
    "Look for many small steps that one operation of the language or of a library in use does at once.",
)


@dataclass(frozen=True)
class Brief:
    """A round's prompt, but for the slots' directions.

    source: characters of hot source at most. tools: whether the model may look further.
    """

    system: str
    values: dict[str, object]

    @classmethod
    def of(cls, context: ProposalContext, system: str, *, source: int = SOURCE, tools: bool = False) -> Brief:
        rejected = [one for one in context.tried if one.status == "rejected" and one.candidate.patch]
        best, opinion = context.best, context.opinion
        values: dict[str, object] = {
            "tools": tools,
            "goal": context.goal or _DEFAULT_GOAL,
            "budget": context.budget,
            "best": f"{best.candidate.summary}\n{outcome_words(best)}" if best else "",
            "best_id": best.candidate.id if best else None,
            "opinion": f"Bottleneck: {opinion.bottleneck}\nNext step: {opinion.next_step}" if opinion else "",
            "notes": context.notes,
            "facts": facts_words(context.hotspots, _SHOWN_FACTS),
            "hotspots": hotspots_words(context.hotspots, _SHOWN_HOTSPOTS) or "(none were found)",
            "sections": listing(context.tree, context.hotspots[:_SHOWN_HOTSPOTS], source),
            "workload": clip(context.workload, _WORKLOAD),
            "tried": history_words(context.tried, _SHOWN_CANDIDATES),
            "patches": [clip(one.candidate.patch, _PATCH) for one in rejected[-_SHOWN_PATCHES:]],
        }
        return cls(system, values)

    def messages(self, context: ProposalContext, slot: int) -> list[Message]:
        user = render("coder_user", **self.values, direction=_direction(context, slot))
        return [Message(role="system", content=self.system), Message(role="user", content=user)]


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
