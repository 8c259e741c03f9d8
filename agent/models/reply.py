"""From what an endpoint answered to a `Reply`: untrusted JSON, read as data."""

from __future__ import annotations

import json
import re
from typing import Any

from hotloop.agent.models.base import Reply, ToolCall, Usage

# Some servers send a model's reasoning in front of its answer.
_REASONING = re.compile(r"\A\s*<think>.*?</think>\s*", re.DOTALL)
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]")
_FINISH = {"length": "length", "max_tokens": "length", "content_filter": "refusal"}

MOST_CALLS = 64
"""Of tools, that are taken from one reply."""


class NotAReply(ValueError):
    """The answer is not a chat completion."""


def parse_json(data: bytes) -> Any:
    """Raises NotAReply for what is not JSON, or nested beyond reason."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise NotAReply("the answer is not JSON") from error


def parse_reply(data: bytes, *, model: str, prompt_bound: int, max_tokens: int) -> Reply:
    """The first choice of a chat completion. Raises NotAReply.

    Usage that is missing or impossible is taken at its upper bound and flagged
    as estimated: tokens that were reasoned with and not shown cannot be counted.
    """
    answer = parse_json(data)
    choice = _first_choice(answer)
    message = choice.get("message")
    if not isinstance(message, dict):
        raise NotAReply("the answer holds no message")
    text = _REASONING.sub("", _text(message.get("content")))
    finish = choice.get("finish_reason")
    refusal = message.get("refusal")
    if not text and isinstance(refusal, str) and refusal:
        text, finish = refusal, "content_filter"
    elif not text and (message.get("tool_calls") or message.get("function_call")):
        finish = "tools"
    named = answer.get("model")
    return Reply(
        text=text,
        finish="tools" if finish == "tools" else _FINISH.get(str(finish), "stop"),
        usage=_usage(answer.get("usage")) or _at_most(prompt_bound, max_tokens),
        model=named[:200] if isinstance(named, str) and named else model,
        calls=_calls(message),
    )


def error_text(data: bytes) -> tuple[str, str]:
    """What an error answer says and the code and parameter that it names; one line each, bounded."""
    try:
        body = parse_json(data)
    except NotAReply:
        return _line(data[:2000].decode("utf-8", "replace")), ""
    error = body.get("error", body) if isinstance(body, dict) else body
    if not isinstance(error, dict):
        return _line(str(error)), ""
    names = [error.get("code"), error.get("param"), error.get("type")]
    said = error.get("message") or error.get("detail") or ""
    return _line(str(said)), _line(" ".join(str(name) for name in names if name))


def _first_choice(answer: Any) -> dict[str, Any]:
    choices = answer.get("choices") if isinstance(answer, dict) else None
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise NotAReply("the answer holds no choices")
    return choices[0]


def _text(content: Any) -> str:
    """Some servers answer with a list of parts instead of a string."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = [part.get("text") for part in parts if isinstance(part, dict)]
    return "".join(text for text in texts if isinstance(text, str))


def _calls(message: dict[str, Any]) -> tuple[ToolCall, ...]:
    """The tools that a message calls, the older form of one function included."""
    listed = message.get("tool_calls")
    entries = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    functions = [entry.get("function") for entry in entries] or [message.get("function_call")]
    return tuple(
        ToolCall(name=tool_name(one.get("name")), arguments=_arguments(one.get("arguments")))
        for one in functions[:MOST_CALLS]
        if isinstance(one, dict)
    )


def tool_name(told: Any) -> str:
    """What an endpoint accepts as the name of a function, most like what was told."""
    return _NOT_IN_NAMES.sub("_", told[:64]) if isinstance(told, str) else ""


def _arguments(told: Any) -> str:
    """Some servers send an object where the protocol has the text of one."""
    if told is None:
        return ""
    return told if isinstance(told, str) else json.dumps(told)


def _usage(told: Any) -> Usage | None:
    if not isinstance(told, dict):
        return None
    prompt, completion = _count(told.get("prompt_tokens")), _count(told.get("completion_tokens"))
    if prompt is None or completion is None or prompt == 0:
        return None
    details = told.get("prompt_tokens_details")
    cached = _count(details.get("cached_tokens")) if isinstance(details, dict) else None
    return Usage(prompt_tokens=prompt, completion_tokens=completion, cached_tokens=cached or 0)


def _count(value: Any) -> int | None:
    """A number of tokens; no real one is anywhere near a billion."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and 0 <= value < 10**9 else None


def _at_most(prompt_tokens: int, completion_tokens: int) -> Usage:
    return Usage(prompt_tokens=prompt_tokens, completion_tokens=completion_tokens, estimated=True)


def _line(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text).strip()[:300]
