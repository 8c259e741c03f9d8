"""Tools for endpoints that know none: calls as fenced blocks of text, answers as ordinary messages.

A call is one block, with the tool's name behind the fence and its arguments in it:

    ```call read
    {"path": "pkg/core.py"}
    ```

Many open models were trained to write `<tool_call>{"name": ..., "arguments": ...}</tool_call>`
instead, and do so where a server does not read it for them: that is understood as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from hotloop.agent.models.base import Message, Reply, ToolCall, ToolSpec
from hotloop.agent.models.reply import MOST_CALLS, tool_name
from hotloop.agent.prompts import render

_OPEN = re.compile(r"^\s{0,3}(?P<fence>`{3,}|~{3,})\s*(?:tool_call|tool|call)\b[ \t:]*(?P<name>[\w.-]*)\s*$")
_LARGEST = 1 << 20


def with_calls(reply: Reply) -> Reply:
    """`reply` with the calls that its text holds, if it holds none besides."""
    if reply.calls:
        return reply
    said, calls = read_calls(reply.text)
    return reply.model_copy(update={"text": said, "calls": calls}) if calls else reply


def read_calls(text: str) -> tuple[str, tuple[ToolCall, ...]]:
    """What `text` says outside its blocks, and the calls in them. A block that is cut off is one, too."""
    said: list[str] = []
    calls: list[ToolCall] = []
    lines = _fenced(text).split("\n")
    at = 0
    while at < len(lines):
        head = _OPEN.match(lines[at]) if len(calls) < MOST_CALLS and len(lines[at]) < 200 else None
        if head is None:
            said.append(lines[at])
            at += 1
            continue
        end = _end(lines, at + 1, head["fence"])
        calls.append(_call(head["name"], "\n".join(lines[at + 1 : end])))
        at = end + 1
    return "\n".join(said).strip(), tuple(calls)


def _fenced(text: str) -> str:
    """With tags as fences."""
    before, *rest = text.split("<tool_call>")
    parts = [part.partition("</tool_call>") for part in rest]
    return before + "".join(f"\n```call\n{body.strip()}\n```\n{after}" for body, _, after in parts)


def _end(lines: list[str], start: int, fence: str) -> int:
    """Where the block ends: a line of its fence alone, or the end of the text."""
    for at in range(start, len(lines)):
        closing = lines[at].strip()
        if closing.startswith(fence) and not closing.strip(fence[0]):
            return at
    return len(lines)


def _call(name: str, body: str) -> ToolCall:
    """Some models put the name into the object, beside the arguments."""
    if name or len(body) > _LARGEST:
        return ToolCall(name=tool_name(name), arguments=body)
    try:
        whole = json.loads(body)
    except (ValueError, RecursionError):
        whole = None
    if not isinstance(whole, dict):
        return ToolCall(name="", arguments=body)
    told = whole.get("name") or whole.get("tool")
    inner: Any = next((whole[key] for key in ("arguments", "args", "parameters") if key in whole), {})
    return ToolCall(name=tool_name(told), arguments=inner if isinstance(inner, str) else json.dumps(inner))


def as_text(messages: Sequence[Message], tools: Sequence[ToolSpec]) -> list[Message]:
    """The same without tool calls: the protocol in the first message, calls and answers as text."""
    plain: list[Message] = []
    names = {call.id: call.name for message in messages for call in message.calls}
    for message in messages:
        role, content = message.role, message.content
        if role == "tool":
            role, content = "user", f"Answer to {names.get(message.answers, 'a call')}:\n{content}"
        blocks = [f"```call {call.name}\n{call.arguments}\n```" for call in message.calls]
        content = "\n\n".join(part for part in (content, *blocks) if part)
        if plain and plain[-1].role == role:
            content = f"{plain.pop().content}\n\n{content}"
        plain.append(Message(role=role, content=content))
    told = render("text_tools", tools=[tool_words(tool) for tool in tools])
    if plain and plain[0].role == "system":
        return [Message(role="system", content=f"{plain[0].content}\n{told}"), *plain[1:]]
    return [Message(role="system", content=told), *plain]


def tool_words(tool: ToolSpec) -> str:
    """A tool and the schema of its arguments, for a model that is told of them in text."""
    return f"{tool.name}: {tool.description}\n{json.dumps(tool.parameters)}"
