"""What every chat model promises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict


@dataclass(frozen=True)
class CallKey:
    """Names one paid request for ever: where in the run it stands, not what it says."""

    round: int
    node: str
    slot: int
    attempt: int

    def __str__(self) -> str:
        return f"{self.round:03d}-{self.node}-{self.slot:02d}-{self.attempt:02d}"


class Usage(BaseModel):
    """Tokens as the service counted them; `estimated` when it did not say."""

    model_config = ConfigDict(frozen=True)

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0
    estimated: bool = False


class ToolSpec(BaseModel):
    """A tool as a model is told of it. parameters: the JSON Schema of an object."""

    model_config = ConfigDict(frozen=True)

    name: str
    description: str
    parameters: dict[str, Any]


class ToolCall(BaseModel):
    """A tool that a model asks to use. arguments: what it wrote for them, meant to be a JSON object.

    id: given by us, for a message to answer it. Services only ask that it is the same in
    both places, and the strictest that it is nine letters or digits.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    arguments: str
    id: str = ""


class Reply(BaseModel):
    """One answer.

    finish: "stop", "length" (cut off), "refusal" or "tools" (it called tools
    and said nothing). usd: None when the price is unknown. calls: tools that it
    calls, whichever protocol carried them; then `text` is what it says beside them.
    """

    model_config = ConfigDict(frozen=True)

    text: str
    finish: str
    usage: Usage
    model: str
    usd: float | None = None
    calls: tuple[ToolCall, ...] = ()


class Message(BaseModel):
    """One chat message; role is "system", "user", "assistant" or "tool".

    calls: the tools that an assistant's message calls. answers: the id of the call
    that a tool's message answers. Every call is answered before the next message.
    """

    model_config = ConfigDict(frozen=True)

    role: str
    content: str
    calls: tuple[ToolCall, ...] = ()
    answers: str = ""


class ChatModel(Protocol):
    """Answers messages. Real endpoint, scripted, or either behind the journal."""

    name: str

    def complete(
        self,
        messages: list[Message],
        *,
        key: CallKey,
        max_tokens: int,
        schema: dict[str, Any] | None = None,
        tools: Sequence[ToolSpec] = (),
    ) -> Reply:
        """One reply. With `schema`, JSON of that JSON Schema is asked for, not promised.

        With `tools`, the reply may call them, natively or as text, whatever the endpoint has.

        Raises BudgetSpent before sending what the budget cannot hold, UsageError
        for what the user must mend (key, model name), AgentError otherwise.
        """
