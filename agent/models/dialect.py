"""What an endpoint understands: not every compatible one takes every parameter."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from hotloop.agent.models.base import Message, ToolCall, ToolSpec
from hotloop.agent.models.text_calls import as_text


@dataclass(frozen=True)
class Dialect:
    """How a request is worded. Starts with the current protocol; each `without` is one step back."""

    tokens: Literal["max_completion_tokens", "max_tokens"] = "max_completion_tokens"
    schema: Literal["json_schema", "json_object", "none"] = "json_schema"
    temperature: bool = True
    tools: bool = True
    """Whether it has tool calls; else they are told, made and answered as text."""

    def body(
        self,
        model: str,
        messages: Sequence[Message],
        max_tokens: int,
        schema: dict[str, Any] | None = None,
        *,
        temperature: float | None = None,
        tools: Sequence[ToolSpec] = (),
    ) -> dict[str, Any]:
        """The JSON of a request for a chat completion."""
        worded = as_text(messages, tools) if tools and not self.tools else messages
        body: dict[str, Any] = {
            "model": model,
            "messages": [_message(message) for message in worded],
            self.tokens: max_tokens,
        }
        if tools and self.tools:
            body["tools"] = [{"type": "function", "function": tool.model_dump()} for tool in tools]
        if temperature is not None and self.temperature:
            body["temperature"] = temperature
        if schema is not None and self.schema != "none":
            body["response_format"] = self._format(schema)
        return body

    def without(self, complaint: str, body: dict[str, Any]) -> Dialect | None:
        """The dialect for an endpoint that refused `body` with `complaint`; None if no change helps."""
        said = complaint.lower()
        if "response_format" in body and ("response_format" in said or "schema" in said):
            return replace(self, schema="json_object" if self.schema == "json_schema" else "none")
        if "max_completion_tokens" in body and "max_completion_tokens" in said:
            return replace(self, tokens="max_tokens")
        if "temperature" in body and "temperature" in said:
            return replace(self, temperature=False)
        if "tools" in body and ("tool" in said or "function" in said):
            return replace(self, tools=False)
        return None

    def _format(self, schema: dict[str, Any]) -> dict[str, Any]:
        if self.schema == "json_object":
            return {"type": "json_object"}
        return {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": schema}}


def _message(message: Message) -> dict[str, Any]:
    worded: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.calls:
        worded["content"] = message.content or None
        worded["tool_calls"] = [_call(call) for call in message.calls]
    if message.answers:
        worded["tool_call_id"] = message.answers
    return worded


def _call(call: ToolCall) -> dict[str, Any]:
    """What a model wrote is sent back to it; some servers refuse to read what is no object there."""
    try:
        is_object = isinstance(json.loads(call.arguments), dict)
    except (ValueError, RecursionError):
        is_object = False
    function = {"name": call.name or "unnamed", "arguments": call.arguments if is_object else "{}"}
    return {"id": call.id, "type": "function", "function": function}
