"""Fixtures as candidates: changes written down, and replies that go through the model's own reader."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hotloop.agent.coder.base import ProposalContext
from hotloop.agent.coder.model import ModelCoder
from hotloop.agent.gates.scope import scope_of
from hotloop.agent.gauntlet.fixture import Fixture
from hotloop.agent.models.base import CallKey, Message, Reply, ToolSpec
from hotloop.agent.models.reply import parse_reply
from hotloop.agent.nodes.propose import patch_of
from hotloop.agent.workshop import Workshop
from hotloop.repos.edits import edits_from_reply
from hotloop.repos.patch import make_patch

MAX_TOKENS = 4096


@dataclass
class Answering:
    """A service that gives one answer, in its own JSON, to whatever it is asked."""

    answer: bytes
    name: str = "answering"

    def complete(
        self,
        messages: list[Message],
        *,
        key: CallKey,
        max_tokens: int,
        schema: dict[str, Any] | None = None,
        tools: Sequence[ToolSpec] = (),
    ) -> Reply:
        return parse_reply(self.answer, model=self.name, prompt_bound=1, max_tokens=max_tokens)


def change_of(fixture: Fixture, shop: Workshop) -> str:
    """The patch of a fixture that is a change: `patch.diff` as it is, `change.md` as search/replace blocks.

    No path is refused here: that is for the gates to do.
    """
    patch = fixture.place / "patch.diff"
    if patch.is_file():
        return patch.read_bytes().decode("utf-8")
    text = (fixture.place / "change.md").read_text("utf-8")
    return make_patch(shop.source_tree, edits_from_reply(text, shop.source_tree, lambda path: True))


def reply_of(fixture: Fixture, shop: Workshop) -> tuple[str, str | None]:
    """What becomes of a fixture that is a reply: its patch, or why it cannot be used."""
    refusal = scope_of(shop.settings, shop.workload.path)
    context = ProposalContext(
        tree=shop.source_tree,
        editable=lambda path: refusal(path) is None,
        workload=shop.workload.source,
        hotspots=(),
    )
    (proposal,) = ModelCoder(Answering(_answer(fixture)), MAX_TOKENS).propose(context)
    return patch_of(shop, "", proposal)


def _answer(fixture: Fixture) -> bytes:
    """`answer.json` as it is, or `reply.md` in the form of a chat completion."""
    whole = fixture.place / "answer.json"
    if whole.is_file():
        return whole.read_bytes()
    text = (fixture.place / "reply.md").read_bytes().decode("utf-8") * fixture.repeat
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return json.dumps({"choices": [choice], "model": "answering"}).encode()
