"""How many tokens a request can be, before anyone has counted them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hotloop.agent.models.base import Message, ToolSpec

_A_MESSAGE = 16
_A_CALL = 128
_A_REQUEST = 64
_TOOLS = 2048
"""What a service, or the text protocol, says about tools in general."""


def prompt_bound(
    messages: Sequence[Message], schema: dict[str, Any] | None = None, tools: Sequence[ToolSpec] = ()
) -> int:
    """No tokenizer makes more tokens than this of the messages.

    Byte-level tokenizers make at most one token of a byte of UTF-8. Role marks
    and the chat template add a few for each message and each request.
    """
    text = sum(_bytes(message.content) for message in messages)
    extra = len(json.dumps(schema)) if schema is not None else 0
    calls = sum(
        _bytes(call.name) + _bytes(call.arguments) + _A_CALL for message in messages for call in message.calls
    )
    told = sum(len(tool.model_dump_json()) + _A_CALL for tool in tools) + (_TOOLS if tools else 0)
    return text + extra + calls + told + _A_MESSAGE * len(messages) + _A_REQUEST


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
