"""What every chat model promises."""

from __future__ import annotations

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


class Reply(BaseModel):
    """One answer.

    finish: "stop", "length" (cut off), "refusal" or "tools" (it called tools
    and said nothing). usd: None when the price is unknown.
    """

    model_config = ConfigDict(frozen=True)

    text: str
    finish: str
    usage: Usage
    model: str
    usd: float | None = None


class Message(BaseModel):
    """One chat message; role is "system", "user" or "assistant"."""

    model_config = ConfigDict(frozen=True)

    role: str
    content: str


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
    ) -> Reply:
        """One reply. With `schema`, JSON of that JSON Schema is asked for, not promised.

        Raises BudgetSpent before sending what the budget cannot hold, UsageError
        for what the user must mend (key, model name), AgentError otherwise.
        """
