"""One turn: what a reply asks for is done, and what comes of it is worded."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from hotloop.agent.coder.conversation import Exchange
from hotloop.agent.coder.threads import side_by_side
from hotloop.agent.models.base import Message, Reply, ToolCall
from hotloop.agent.models.text_calls import tool_words
from hotloop.agent.prompts import render
from hotloop.agent.prompts.quoting import clip, one_line
from hotloop.agent.tools.base import Misuse, Tool
from hotloop.agent.tools.workspace import Workspace

MOST_CALLS = 16
FEW = 3
"""Replies that are left when a model is told to come to an end."""

_SAID = 4_000
_ARGUMENT = 3_000
_ANSWERS = 36_000
_LEAST = 2_000


@dataclass(frozen=True)
class Turn:
    """number: of this reply, from 1, of `most`. called: whether the model has called a tool before."""

    number: int
    most: int
    called: bool
    max_tokens: int


def take(reply: Reply, place: Workspace, tools: Sequence[Tool[Any]], turn: Turn) -> Exchange:
    """Do what `reply` asks for."""
    if not reply.calls:
        return _without_calls(reply, tools, turn)
    calls = [
        call.model_copy(update={"id": f"t{turn.number:04d}c{number:03d}"})
        for number, call in enumerate(reply.calls, 1)
    ]
    room = max(_LEAST, _ANSWERS // len(calls))
    answers = [clip(answer, room) for answer in use(calls, place, tools)]
    lines = [_line(turn, reply, call, answer) for call, answer in zip(calls, answers, strict=True)]
    answers[-1] += f"\n\n{_cut_off(reply, turn)}{_left(turn)}"
    said = Message(role="assistant", content=clip(reply.text, _SAID), calls=tuple(map(_shortened, calls)))
    told = [
        Message(role="tool", content=answer, answers=call.id)
        for call, answer in zip(calls, answers, strict=True)
    ]
    return Exchange((said, *told), tuple(lines))


def use(calls: Sequence[ToolCall], place: Workspace, tools: Sequence[Tool[Any]]) -> list[str]:
    """The answers: side by side where all only read, else one after the other."""
    known = {tool.name: tool for tool in tools}
    if len(calls) <= MOST_CALLS and all(call.name in known and known[call.name].only_reads for call in calls):
        done = side_by_side([partial(answer, call, place, known) for call in calls])
        return [future.result() for future in done]
    return [_in_turn(number, call, place, known) for number, call in enumerate(calls)]


def answer(call: ToolCall, place: Workspace, known: dict[str, Tool[Any]]) -> str:
    tool = known.get(call.name)
    if tool is None:
        return _unknown(call.name, known)
    try:
        return tool.answer(place, call.arguments)
    except Misuse as misuse:
        return str(misuse)


def _in_turn(number: int, call: ToolCall, place: Workspace, known: dict[str, Tool[Any]]) -> str:
    if place.submitted is not None:
        return "Not done: the change was submitted before."
    if number >= MOST_CALLS:
        return f"Not done: at most {MOST_CALLS} calls in a reply."
    return answer(call, place, known)


def _unknown(name: str, known: dict[str, Tool[Any]]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    hint = f" Did you mean {close[0]}?" if close else ""
    return f"There is no tool {name or 'without a name'}.{hint} The tools are {', '.join(known)}."


def _without_calls(reply: Reply, tools: Sequence[Tool[Any]], turn: Turn) -> Exchange:
    """A model that never called one may have an endpoint that drops them: it is told how to in text."""
    problem = _problem(reply, turn)
    words = [] if turn.called else [tool_words(tool.spec()) for tool in tools]
    told = f"{render('coder_tools_none', problem=problem, tools=words)}\n{_left(turn)}"
    said = clip(reply.text, _SAID) if reply.text.strip() else "(nothing)"
    messages = (Message(role="assistant", content=said), Message(role="user", content=told))
    return Exchange(messages, (f"{turn.number}. {one_line(reply.text, 160)} → {problem}",))


def _problem(reply: Reply, turn: Turn) -> str:
    if reply.finish == "length":
        return f"The reply was cut off at {turn.max_tokens} tokens before it called a tool."
    if reply.finish == "refusal":
        return "The request was refused."
    return "The reply called no tool."


def _cut_off(reply: Reply, turn: Turn) -> str:
    if reply.finish != "length":
        return ""
    return f"Your reply was cut off at {turn.max_tokens} tokens: send less at a time.\n"


def _left(turn: Turn) -> str:
    left = turn.most - turn.number
    if left > FEW:
        return f"(reply {turn.number} of {turn.most})"
    if left:
        return f"(reply {turn.number} of {turn.most}: submit now what is good, or take back what is not)"
    return "(that was the last reply)"


def _line(turn: Turn, reply: Reply, call: ToolCall, answer: str) -> str:
    said = f"{one_line(reply.text, 120)} " if reply.text.strip() else ""
    first = one_line(answer.partition("\n")[0], 160)
    return f"{turn.number}. {said}{call.name} {one_line(call.arguments, 120)} → {first}"


def _shortened(call: ToolCall) -> ToolCall:
    """As it is sent back: long texts are cut, and it stays the JSON that it was."""
    if len(call.arguments) <= _ARGUMENT:
        return call
    try:
        told = json.loads(call.arguments, strict=False)
    except (ValueError, RecursionError):
        return call.model_copy(update={"arguments": clip(call.arguments, _ARGUMENT)})
    short = {key: clip(value, _ARGUMENT) if isinstance(value, str) else value for key, value in _items(told)}
    text = json.dumps(short)
    return call.model_copy(update={"arguments": text if len(text) <= 4 * _ARGUMENT else "{}"})


def _items(told: Any) -> list[tuple[str, Any]]:
    return list(told.items()) if isinstance(told, dict) else []
