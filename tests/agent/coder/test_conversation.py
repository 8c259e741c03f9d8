"""What is sent stays small, and its beginning stays the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotloop.agent.coder.conversation import HIGH, LINES, LOW, Conversation, Exchange
from hotloop.agent.models.base import Message, ToolCall
from hotloop.agent.models.tokens import prompt_bound

OPENING = [Message(role="system", content="rules " * 1000), Message(role="user", content="task " * 2000)]


def exchange(number: int, size: int) -> Exchange:
    call = ToolCall(id=f"t{number:04d}c001", name="read", arguments='{"path": "a.py"}')
    return Exchange(
        (
            Message(role="assistant", content=f"turn {number}", calls=(call,)),
            Message(role="tool", content="x" * size, answers=call.id),
        ),
        (f"{number}. read a.py → lines",),
    )


def talk(sizes: list[int]) -> tuple[Conversation, list[list[Message]]]:
    made, sent = Conversation(OPENING), []
    for number, size in enumerate(sizes, 1):
        sent.append(made.messages())
        made.add(exchange(number, size))
    return made, sent


def test_it_begins_with_the_opening_alone() -> None:
    assert Conversation(OPENING).messages() == OPENING


def test_tokens_sent_grow_linearly_with_turns() -> None:
    _, sent = talk([6000] * 100)
    costs = [prompt_bound(messages) for messages in sent]
    assert max(costs) < prompt_bound(OPENING) + HIGH + 6000 + 10_000
    assert sum(costs[50:]) < 1.15 * sum(costs[:50]) + 50 * 48 * 30
    whole = sum(prompt_bound(OPENING) + 6100 * turn for turn in range(100))
    assert sum(costs) < 0.3 * whole


def test_what_was_sent_is_the_beginning_of_what_is_sent_next_but_for_a_few_times() -> None:
    _, sent = talk([3000] * 60)
    broken = [number for number in range(1, 60) if sent[number][: len(sent[number - 1])] != sent[number - 1]]
    assert len(broken) < 60 / 5
    assert all(messages[0] == OPENING[0] for messages in sent)
    assert all(messages[1].content.startswith(OPENING[1].content) for messages in sent)


def test_shortened_calls_are_told_in_a_line_each_and_the_oldest_are_left_out() -> None:
    made, _ = talk([HIGH] * (LINES + 10))
    task = made.messages()[1].content
    assert "(9 earlier calls are left out)" in task
    assert "\n10. read a.py → lines" in task
    assert f"\n{LINES + 9}. read" in task
    assert f"\n{LINES + 10}. read" not in task


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 2 * HIGH), max_size=30))
def test_every_call_that_is_sent_is_answered_and_the_last_exchange_is_whole(sizes: list[int]) -> None:
    made, sent = talk(sizes)
    for messages in [*sent, made.messages()]:
        calls = [call.id for message in messages for call in message.calls]
        assert [message.answers for message in messages if message.role == "tool"] == calls
        assert [message.role for message in messages[:2]] == ["system", "user"]
    if sizes:
        assert len(made.messages()[-1].content) == sizes[-1]
        kept = made.messages()[2:-2]
        assert sum(len(message.content) for message in kept) <= max(HIGH, LOW)


@pytest.mark.parametrize("size", [10, 5000])
def test_nothing_is_shortened_while_it_is_small(size: int) -> None:
    made, _ = talk([size] * 4)
    assert len(made.messages()) == 2 + 8
    assert made.messages()[1] == OPENING[1]
