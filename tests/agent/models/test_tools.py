"""Tools through the client: native calls, the text protocol, and endpoints between the two."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from openai_server import OpenAIServer, Step, completion, failure

from hotloop.agent.budget import Budget, BudgetLimits
from hotloop.agent.models.base import CallKey, Message, Reply, ToolCall, ToolSpec
from hotloop.agent.models.client import OpenAIModel
from hotloop.agent.models.errors import BudgetSpent
from hotloop.agent.models.journal import Journal
from hotloop.agent.models.journaled import JournaledModel
from hotloop.agent.models.prices import Price
from hotloop.agent.models.scripted import ScriptedModel
from hotloop.agent.models.secrets import REMOVED, Redactor
from hotloop.agent.models.text_calls import as_text, read_calls
from hotloop.agent.models.tokens import prompt_bound

KEY = CallKey(1, "coder", 0, 1)
READ = ToolSpec(
    name="read",
    description="Shows a file.",
    parameters={"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]},
)
TALK = [
    Message(role="system", content="You read."),
    Message(role="user", content="Go."),
    Message(
        role="assistant",
        content="Looking.",
        calls=(
            ToolCall(id="t0001c001", name="read", arguments='{"path": "a.py"}'),
            ToolCall(id="t0001c002", name="read", arguments="no object"),
        ),
    ),
    Message(role="tool", content="x = 1", answers="t0001c001"),
    Message(role="tool", content="Send an object.", answers="t0001c002"),
]


@contextmanager
def model(server: OpenAIServer) -> Iterator[OpenAIModel]:
    made = OpenAIModel("test-model", base_url=server.url, api_key="sk-test")
    try:
        yield made
    finally:
        made.close()


@contextmanager
def journaled(server: OpenAIServer, folder: Path) -> Iterator[JournaledModel]:
    with model(server) as made:
        yield JournaledModel(made, Journal(folder), Budget(BudgetLimits()), price=None, redactor=Redactor())


def ask(made: Any, messages: list[Message] | None = None) -> Reply:
    reply = made.complete(messages or TALK, key=KEY, max_tokens=50, tools=[READ])
    assert isinstance(reply, Reply)
    return reply


def native(*functions: dict[str, Any], text: str | None = None) -> Step:
    calls = [{"id": f"x{n}", "type": "function", "function": one} for n, one in enumerate(functions)]
    return completion(text, finish="tool_calls", tool_calls=calls)


def block(arguments: str, name: str = "read") -> str:
    return f"```call {name}\n{arguments}\n```"


def test_native_calls_are_told_sent_back_and_answered_as_the_protocol_asks() -> None:
    step = native({"name": "read", "arguments": '{"path": "b.py"}'}, text="And this.")
    with OpenAIServer([step]) as server, model(server) as made:
        reply = ask(made)
    assert reply.text == "And this."
    assert reply.calls == (ToolCall(name="read", arguments='{"path": "b.py"}'),)
    sent = server.chats[0]
    assert sent["tools"] == [{"type": "function", "function": READ.model_dump()}]
    assert [one["role"] for one in sent["messages"]] == ["system", "user", "assistant", "tool", "tool"]
    first, second = sent["messages"][2]["tool_calls"]
    assert (first["id"], first["function"]["arguments"]) == ("t0001c001", '{"path": "a.py"}')
    assert json.loads(second["function"]["arguments"]) == {}
    assert sent["messages"][3]["tool_call_id"] == "t0001c001"


@pytest.mark.parametrize(
    "refusal",
    [
        failure(400, "test-model does not support tools"),
        failure(404, "No endpoints found that support tool use."),
        failure(422, "unknown field", param="tools"),
        failure(500, "tools param requires --jinja flag"),
    ],
)
def test_an_endpoint_without_tools_is_talked_to_in_text_at_once(tmp_path: Path, refusal: Step) -> None:
    steps = [refusal, completion("Now.\n" + block('{"path": "b.py"}'))]
    with OpenAIServer(steps) as server, journaled(server, tmp_path) as made:
        reply = ask(made)
    assert reply.calls == (ToolCall(name="read", arguments='{"path": "b.py"}'),)
    assert reply.text == "Now."
    sent = server.chats[1]
    assert "tools" not in sent
    assert [one["role"] for one in sent["messages"]] == ["system", "user", "assistant", "user"]
    assert "Shows a file." in sent["messages"][0]["content"]
    assert sent["messages"][2]["content"].endswith("```call read\nno object\n```")
    assert "Answer to read:\nx = 1" in sent["messages"][3]["content"]


def test_a_model_that_calls_in_text_is_answered_in_text() -> None:
    steps = [completion(block('{"path": "b.py"}')), completion("done")]
    with OpenAIServer(steps) as server, model(server) as made:
        assert ask(made).calls[0].name == "read"
        assert ask(made).calls == ()
    assert "tools" in server.chats[0]
    assert "tools" not in server.chats[1]


def test_without_tools_a_block_is_only_text() -> None:
    with OpenAIServer([completion(block("{}"))]) as server, model(server) as made:
        reply = made.complete([Message(role="user", content="hi")], key=KEY, max_tokens=50)
    assert reply.calls == ()
    assert set(server.chats[0]["messages"][0]) == {"role", "content"}


@pytest.mark.parametrize(
    ("message", "calls"),
    [
        ({"function_call": {"name": "read", "arguments": "{}"}}, [("read", "{}")]),
        ({"tool_calls": [{"function": {"name": "a b/c", "arguments": {"x": 1}}}]}, [("a_b_c", '{"x": 1}')]),
        ({"tool_calls": [{"function": {}}]}, [("", "")]),
        ({"tool_calls": [None, {"function": 3}, "x"]}, []),
        ({"tool_calls": {"function": {}}}, []),
    ],
)
def test_calls_in_other_shapes_are_read_as_far_as_they_are_calls(
    message: dict[str, Any], calls: list[tuple[str, str]]
) -> None:
    with OpenAIServer([completion("", **message)]) as server, model(server) as made:
        reply = ask(made)
    assert [(call.name, call.arguments) for call in reply.calls] == calls


@pytest.mark.parametrize(
    ("text", "said", "calls"),
    [
        ("a\n" + block("{}") + "\nb", "a\nb", [("read", "{}")]),
        ("~~~~tool: read\n{}\n~~~~", "", [("read", "{}")]),
        ('```tool_call\n{"name": "read", "arguments": {"path": "a"}}\n```', "", [("read", '{"path": "a"}')]),
        ('```tool_call\n{"tool": "read", "args": "{}"}\n```', "", [("read", "{}")]),
        ("```call\nnot json\n```", "", [("", "not json")]),
        ('Now: <tool_call>{"name": "read", "arguments": {}}</tool_call>', "Now:", [("read", "{}")]),
        ('<tool_call>\n{"name": "read"', "", [("", '{"name": "read"')]),
        ('```call read\n{"path": "a', "", [("read", '{"path": "a')]),
        ("```python\ncall(1)\n```", "```python\ncall(1)\n```", []),
        ("```callback\n{}\n```", "```callback\n{}\n```", []),
        (block("1") + "\n" + block("2", "edit"), "", [("read", "1"), ("edit", "2")]),
    ],
)
def test_blocks_are_calls_and_the_rest_is_what_was_said(
    text: str, said: str, calls: list[tuple[str, str]]
) -> None:
    found, made = read_calls(text)
    assert found == said
    assert [(call.name, call.arguments) for call in made] == calls


def test_what_is_written_as_text_is_read_back_as_the_same_calls() -> None:
    plain = as_text(TALK, [READ])
    said, calls = read_calls(plain[2].content)
    assert said == TALK[2].content
    assert [(call.name, call.arguments) for call in calls] == [
        (call.name, call.arguments) for call in TALK[2].calls
    ]


def test_the_bound_covers_both_protocols() -> None:
    plain = sum(len(message.content.encode()) for message in as_text(TALK, [READ]))
    assert prompt_bound(TALK, tools=[READ]) > plain
    assert prompt_bound(TALK, tools=[READ]) > prompt_bound(TALK)


def test_calls_are_recorded_without_secrets_and_answered_from_the_journal(tmp_path: Path) -> None:
    script = ScriptedModel([block('{"path": "hunter2-hunter2"}')])
    redactor = Redactor(["hunter2-hunter2"], environ={})
    told = TALK[2].model_copy(
        update={"calls": (ToolCall(id="t0001c001", name="read", arguments='{"path": "hunter2-hunter2"}'),)}
    )
    for _ in range(2):
        made = JournaledModel(
            script, Journal(tmp_path), Budget(BudgetLimits()), price=None, redactor=redactor
        )
        reply = ask(made, [*TALK[:2], told, TALK[3]])
        assert reply.calls == (ToolCall(name="read", arguments=f'{{"path": "{REMOVED}"}}'),)
    assert len(script.asked) == 1
    (file,) = tmp_path.glob("*.json")
    assert "hunter2" not in file.read_text()
    assert "Shows a file." in file.read_text()


def test_tools_count_before_a_request_is_sent(tmp_path: Path) -> None:
    bound = prompt_bound(TALK)
    budget = Budget(BudgetLimits(max_cost=(bound + 50) / 1e6))
    made = JournaledModel(
        ScriptedModel(["x"]), Journal(tmp_path), budget, price=Price(1.0, 1.0), redactor=Redactor(environ={})
    )
    with pytest.raises(BudgetSpent):
        ask(made)
