"""What an endpoint understands: not every compatible one takes every parameter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from hotloop.agent.models.base import Message


@dataclass(frozen=True)
class Dialect:
    """How a request is worded. Starts with the current protocol; each `without` is one step back."""

    tokens: Literal["max_completion_tokens", "max_tokens"] = "max_completion_tokens"
    schema: Literal["json_schema", "json_object", "none"] = "json_schema"
    temperature: bool = True

    def body(
        self,
        model: str,
        messages: Sequence[Message],
        max_tokens: int,
        schema: dict[str, Any] | None,
        temperature: float | None,
    ) -> dict[str, Any]:
        """The JSON of a request for a chat completion."""
        body: dict[str, Any] = {
            "model": model,
            "messages": [message.model_dump() for message in messages],
            self.tokens: max_tokens,
        }
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
        return None

    def _format(self, schema: dict[str, Any]) -> dict[str, Any]:
        if self.schema == "json_object":
            return {"type": "json_object"}
        return {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": schema}}
