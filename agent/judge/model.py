"""The judge that asks a model. What it says is checked; what it may not say is not passed on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from hotloop.agent.judge.base import Review
from hotloop.agent.judge.rules import RulesJudge
from hotloop.agent.models.base import CallKey, ChatModel, Message, Reply
from hotloop.agent.models.errors import BudgetSpent, CallLost
from hotloop.agent.prompts import render
from hotloop.agent.prompts.quoting import clip, one_line
from hotloop.agent.prompts.words import (
    doubts_words,
    findings_words,
    gate_words,
    history_words,
    hotspots_words,
    verdict_words,
)
from hotloop.agent.state import Decision, Evidence, Opinion

NODE = "judge"

_PATCHES = 24_000
_REPLY = 20_000
_SHOWN_HOTSPOTS = 12
_SHOWN_CANDIDATES = 16
_LONGEST_TEXT = 600
_MOST_GAIN = 1000.0
_FENCED = re.compile(r"\A```(?:json)?[ \t]*\n(?P<body>.*)\n[ \t]*```\Z", re.DOTALL | re.IGNORECASE)

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "decision": {"type": "string", "enum": [decision.value for decision in Decision]},
        "bottleneck": {"type": "string"},
        "next_step": {"type": "string"},
        "expected_gain": {"type": "number"},
    },
    "required": ["decision", "bottleneck", "next_step", "expected_gain"],
    "additionalProperties": False,
}

_Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]


class _Said(BaseModel):
    """The reply, as it must be. Kept apart from `Opinion`, which is what it is turned into."""

    model_config = ConfigDict(extra="forbid")

    decision: Decision
    bottleneck: _Words
    next_step: _Words
    expected_gain: Annotated[float, Field(ge=1.0, le=_MOST_GAIN, allow_inf_nan=False)]


class Unusable(Exception):
    """A reply that is not the object asked for. The text tells the model why."""


@dataclass(frozen=True)
class ModelJudge:
    """Asks `model` once a round, and once more if the reply cannot be used; then the rules judge."""

    model: ChatModel
    max_tokens: int
    rules: RulesJudge = field(default_factory=RulesJudge)

    @property
    def name(self) -> str:
        return "model"

    def review(self, review: Review) -> Opinion:
        """See `Judge`. Raises BudgetSpent when the budget cannot hold the first request."""
        messages = _messages(review)
        try:
            reply = self._ask(messages, review.round, 1)
            return self._opinion(reply, review)
        except CallLost as lost:
            return self._by_rules(review, str(lost))
        except Unusable as problem:
            return self._again(review, messages, reply, problem)

    def _again(self, review: Review, messages: list[Message], reply: Reply, problem: Unusable) -> Opinion:
        said = [Message(role="assistant", content=clip(reply.text, _REPLY))] if reply.text.strip() else []
        asked = Message(role="user", content=render("judge_repair", problem=str(problem)))
        try:
            return self._opinion(self._ask([*messages, *said, asked], review.round, 2), review)
        except (Unusable, CallLost, BudgetSpent) as second:
            return self._by_rules(review, str(second))

    def _ask(self, messages: list[Message], number: int, attempt: int) -> Reply:
        key = CallKey(number, NODE, 0, attempt)
        return self.model.complete(messages, key=key, max_tokens=self.max_tokens, schema=SCHEMA)

    def _opinion(self, reply: Reply, review: Review) -> Opinion:
        said = read_opinion(reply)
        decision, origin = said.decision, f"model {self.model.name}"
        if decision is Decision.ACCEPT and review.leader is None:
            decision = Decision.REVISE
            origin += " (it said accept, and nothing had passed the gates)"
        return Opinion(
            decision=decision,
            bottleneck=one_line(said.bottleneck, _LONGEST_TEXT),
            next_step=one_line(said.next_step, _LONGEST_TEXT),
            expected_gain=said.expected_gain,
            origin=origin,
        )

    def _by_rules(self, review: Review, problem: str) -> Opinion:
        origin = f"rules (model's reply unusable: {one_line(problem, 200)})"
        return self.rules.review(review).model_copy(update={"origin": origin})


def read_opinion(reply: Reply) -> _Said:
    """The object in `reply`, alone or in one code fence. Raises Unusable."""
    if reply.finish == "length":
        raise Unusable("The reply was cut off. Send the JSON object alone.")
    if reply.finish == "refusal":
        raise Unusable(f"The request was refused: {one_line(reply.text, 200) or 'no reason given'}")
    text = reply.text.strip()
    if not text:
        raise Unusable("The reply was empty.")
    if len(text) > _REPLY:
        raise Unusable("The reply is too long. Send the JSON object alone.")
    fenced = _FENCED.match(text)
    return _validated(fenced["body"] if fenced else text)


def _validated(text: str) -> _Said:
    try:
        return _Said.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise Unusable("; ".join(_complaint(dict(one)) for one in error.errors()[:5])) from error


def _complaint(error: dict[str, Any]) -> str:
    place = ".".join(str(part) for part in error["loc"]) or "the reply"
    return one_line(f"{place}: {error['msg']}", 200)


def _messages(review: Review) -> list[Message]:
    share = _PATCHES // max(1, len(review.evidence))
    user = render(
        "judge_user",
        round=review.round,
        speedup=review.speedup_so_far,
        idle_rounds=review.idle_rounds,
        budget=review.budget,
        leader=review.leader.candidate.id if review.leader else None,
        candidates=[_shown(one, share) for one in review.evidence],
        hotspots=hotspots_words(review.hotspots, _SHOWN_HOTSPOTS) or "(none were found)",
        history=history_words(review.history, _SHOWN_CANDIDATES),
    )
    return [Message(role="system", content=render("judge_system")), Message(role="user", content=user)]


def _shown(evidence: Evidence, patch_limit: int) -> dict[str, Any]:
    candidate = evidence.candidate
    facts = [one_line(candidate.summary, 200), f"proposed by {candidate.origin}"]
    if candidate.failure is not None:
        facts.append(f"unusable: {clip(candidate.failure, _LONGEST_TEXT)}")
    facts += [gate_words(gate) for gate in evidence.gates]
    facts += findings_words(evidence)
    facts += doubts_words(evidence)
    if evidence.verdict is not None:
        facts.append(verdict_words(evidence.verdict))
    return {"id": candidate.id, "facts": "\n".join(facts), "patch": clip(candidate.patch, patch_limit)}
