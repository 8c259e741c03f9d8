"""How many tokens a request can be, before anyone has counted them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hotloop.agent.models.base import Message

_A_MESSAGE = 16
_A_REQUEST = 64


def prompt_bound(messages: Sequence[Message], schema: dict[str, Any] | None = None) -> int:
    """No tokenizer makes more tokens than this of the messages.

    Byte-level tokenizers make at most one token of a byte of UTF-8. Role marks
    and the chat template add a few for each message and each request.
    """
    text = sum(len(message.content.encode("utf-8", "replace")) for message in messages)
    extra = len(json.dumps(schema)) if schema is not None else 0
    return text + extra + _A_MESSAGE * len(messages) + _A_REQUEST
