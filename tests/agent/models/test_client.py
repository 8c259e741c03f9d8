from __future__ import annotations

import contextlib
import email.utils
import gzip
import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from openai_server import OpenAIServer, Step, completion, failure

from hotloop.agent.models.base import CallKey, Message, Reply
from hotloop.agent.models.client import OpenAIModel, retry_after
from hotloop.agent.models.errors import CallFailed, CallRefused
from hotloop.errors import UsageError

KEY = CallKey(1, "coder", 0, 1)
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}


@contextmanager
def model(server: OpenAIServer | str, **options: Any) -> Iterator[OpenAIModel]:
    url = server if isinstance(server, str) else server.url
    made = OpenAIModel("test-model", base_url=url, api_key="sk-test", **options)
    try:
        yield made
    finally:
        made.close()


def ask(made: OpenAIModel, schema: dict[str, Any] | None = None) -> Reply:
    return made.complete([Message(role="user", content="hello")], key=KEY, max_tokens=50, schema=schema)


def unused_url() -> str:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{sock.getsockname()[1]}/v1"


def test_a_reply_has_its_text_and_the_tokens_that_the_service_counted() -> None:
    told = {"prompt_tokens": 7, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 5}}
    with OpenAIServer([completion("hi", usage=told)]) as server, model(server) as made:
        reply = ask(made)
    assert (reply.text, reply.finish, reply.model) == ("hi", "stop", "test-model-1")
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens, reply.usage.cached_tokens) == (7, 3, 5)
    assert not reply.usage.estimated
    assert server.chats[0]["max_completion_tokens"] == 50
    assert server.headers[0]["authorization"] == "Bearer sk-test"


@pytest.mark.parametrize(
    "usage",
    [
        None,
        "many",
        {},
        {"prompt_tokens": -1, "completion_tokens": 2},
        {"prompt_tokens": True, "completion_tokens": 2},
    ],
)
def test_usage_that_is_missing_or_impossible_is_taken_at_its_most_and_flagged(usage: Any) -> None:
    with OpenAIServer([completion("hi", usage=usage)]) as server, model(server) as made:
        reply = ask(made)
    assert reply.usage.estimated
    assert reply.usage.completion_tokens == 50
    assert reply.usage.prompt_tokens >= len("hello")


@pytest.mark.parametrize(
    ("step", "text", "finish"),
    [
        (completion("half", finish="length"), "half", "length"),
        (completion(""), "", "stop"),
        (completion(None), "", "stop"),
        (completion(None, refusal="I will not"), "I will not", "refusal"),
        (completion("", finish="content_filter"), "", "refusal"),
        (completion(None, finish="tool_calls", tool_calls=[{"id": "1"}]), "", "tools"),
        (completion("<think>well\nhm</think>\nanswer"), "answer", "stop"),
        (
            completion([{"type": "text", "text": "in "}, {"type": "text", "text": "parts"}]),
            "in parts",
            "stop",
        ),  # type: ignore[arg-type]  # what some servers send
    ],
)
def test_every_way_to_finish_is_told_apart(step: Step, text: str, finish: str) -> None:
    with OpenAIServer([step]) as server, model(server) as made:
        reply = ask(made)
    assert (reply.text, reply.finish) == (text, finish)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_the_users_to_mend(status: int) -> None:
    with (
        OpenAIServer([failure(status, "bad key")]) as server,
        model(server) as made,
        pytest.raises(CallRefused, match="refused the key") as caught,
    ):
        ask(made)
    assert "OPENAI_API_KEY" in caught.value.fix


def test_an_unknown_model_is_the_users_to_mend() -> None:
    with (
        OpenAIServer([failure(404, "no such model", code="model_not_found")]) as server,
        model(server) as made,
        pytest.raises(CallRefused, match="has no model test-model"),
    ):
        ask(made)


@pytest.mark.parametrize("step", [failure(402), failure(429, "quota", code="insufficient_quota")])
def test_an_account_without_credit_is_not_asked_again(step: Step) -> None:
    with (
        OpenAIServer([step]) as server,
        model(server) as made,
        pytest.raises(CallRefused, match="no credit"),
    ):
        ask(made)


@pytest.mark.parametrize(
    ("status", "fate", "retry"),
    [
        (302, "refused", False),
        (400, "refused", False),
        (408, "lost", True),
        (409, "refused", True),
        (413, "refused", False),
        (429, "refused", True),
        (500, "refused", True),
        (503, "refused", True),
        (504, "lost", True),
    ],
)
def test_an_error_says_whether_to_ask_again_and_whether_it_may_have_cost(
    status: int, fate: str, retry: bool
) -> None:
    step = failure(status, "because", headers={"Location": "http://127.0.0.1:1/"} if status == 302 else None)
    with (
        OpenAIServer([step]) as server,
        model(server) as made,
        pytest.raises(CallFailed, match="because") as caught,
    ):
        ask(made)
    assert (caught.value.fate, caught.value.retry) == (fate, retry)
    assert len(server.chats) == 1


def test_the_time_that_a_service_asks_for_is_read() -> None:
    step = failure(429, headers={"Retry-After": "7"})
    with (
        OpenAIServer([step]) as server,
        model(server) as made,
        pytest.raises(CallFailed) as caught,
    ):
        ask(made)
    assert caught.value.wait == 7.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "1.5"}, 1.5),
        ({"Retry-After-Ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": email.utils.formatdate(1030.0, usegmt=True)}, 30.0),
        ({"retry-after": email.utils.formatdate(900.0, usegmt=True)}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "9" * 400}, None),
    ],
)
def test_retry_after_in_seconds_milliseconds_or_as_a_date(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after(headers, now=1000.0) == seconds


@pytest.mark.parametrize(
    "step",
    [
        Step(body=b"<html>proxy</html>"),
        Step(body=b"[]"),
        Step(body=b'{"choices": []}'),
        Step(body=b'{"choices": [{"message": "text"}]}'),
        Step(body=b"[" * 200_000),
        Step(body=b'{"choices": ' + b"9" * 10_000 + b"}"),
        Step(body=completion("x" * 500).body, cut=100),
    ],
)
def test_an_answer_that_is_no_completion_may_have_cost_and_may_be_asked_for_again(step: Step) -> None:
    with (
        OpenAIServer([step]) as server,
        model(server) as made,
        pytest.raises(CallFailed) as caught,
    ):
        ask(made)
    assert (caught.value.fate, caught.value.retry) == ("lost", True)


@pytest.mark.parametrize("status", [200, 500])
def test_an_endless_answer_is_not_read_to_its_end(status: int) -> None:
    endless = Step(status=status, body=b"x" * 3_000_000)
    with (
        OpenAIServer([endless]) as server,
        model(server, limit=100_000) as made,
        pytest.raises(CallFailed, match="longer than 100000 bytes"),
    ):
        ask(made)


def test_an_answer_that_inflates_is_not_read_to_its_end() -> None:
    bomb = Step(body=gzip.compress(b"x" * 50_000_000), headers={"Content-Encoding": "gzip"})
    with (
        OpenAIServer([bomb]) as server,
        model(server, limit=1_000_000) as made,
        pytest.raises(CallFailed, match="longer than 1000000 bytes"),
    ):
        ask(made)
    assert server.headers[0]["accept-encoding"] == "identity"


def test_a_hung_service_is_given_up_and_may_have_cost() -> None:
    with (
        OpenAIServer([Step(hang=30.0)]) as server,
        model(server, seconds=0.2) as made,
        pytest.raises(CallFailed, match="no answer in time") as caught,
    ):
        ask(made)
    assert (caught.value.fate, caught.value.retry) == ("lost", True)


def test_a_request_takes_no_longer_than_the_run_has_left() -> None:
    begun = time.monotonic()
    with (
        OpenAIServer([Step(hang=30.0)]) as server,
        model(server, seconds_left=lambda: 0.0) as made,
        pytest.raises(CallFailed),
    ):
        ask(made)
    assert time.monotonic() - begun < 20.0


def test_an_endpoint_that_was_never_reached_is_the_users_to_mend() -> None:
    with model(unused_url()) as made, pytest.raises(CallRefused, match="cannot be reached") as caught:
        ask(made)
    assert caught.value.fate == "unsent"


def test_an_endpoint_that_goes_away_later_is_a_failure_that_costs_nothing() -> None:
    last = replace(completion("first"), headers={"Connection": "close"})
    with contextlib.ExitStack() as stack:
        with OpenAIServer([last]) as server:
            made = stack.enter_context(model(server))
            ask(made)
        with pytest.raises(CallFailed) as caught:
            ask(made)
    assert (caught.value.fate, caught.value.retry) == ("unsent", True)


def refuses(*names: str) -> Any:
    """An endpoint that understands none of the parameters in `names`."""

    def answer(body: dict[str, Any]) -> Step:
        for name in names:
            kind = body.get("response_format", {}).get("type")
            if name in body or name == kind:
                return failure(400, f"Unsupported parameter: '{name}'", param=name)
        return completion("understood")

    return answer


@pytest.mark.parametrize(
    ("names", "requests"),
    [
        (["max_completion_tokens"], 2),
        (["temperature"], 2),
        (["json_schema"], 2),
        (["response_format"], 3),
        (["max_completion_tokens", "temperature", "response_format"], 5),
    ],
)
def test_a_parameter_that_is_not_understood_is_worded_otherwise_or_left_out(
    names: list[str], requests: int
) -> None:
    with OpenAIServer(answer=refuses(*names)) as server, model(server, temperature=0.5) as made:
        for _ in range(requests - 1):
            with pytest.raises(CallFailed) as caught:
                ask(made, SCHEMA)
            assert (caught.value.fate, caught.value.retry, caught.value.wait) == ("refused", True, 0.0)
        assert ask(made, SCHEMA).text == "understood"
    assert len(server.chats) == requests


def test_a_bad_request_about_nothing_that_can_be_left_out_is_final() -> None:
    with (
        OpenAIServer(answer=lambda body: failure(400, "max_tokens is too large")) as server,
        model(server) as made,
        pytest.raises(CallFailed) as caught,
    ):
        ask(made)
    assert not caught.value.retry


def test_the_check_passes_for_a_model_that_is_listed() -> None:
    with OpenAIServer() as server, model(server) as made:
        made.check()
    assert server.chats == []


def test_the_check_names_the_models_there_are() -> None:
    with (
        OpenAIServer(known=["alpha", "beta"]) as server,
        model(server) as made,
        pytest.raises(UsageError, match="alpha, beta"),
    ):
        made.check()


@pytest.mark.parametrize("listed", [failure(404), Step(body=b"hello"), Step(body=b'{"data": [1, null]}')])
def test_the_check_trusts_a_service_that_lists_nothing(listed: Step) -> None:
    with OpenAIServer(models=listed) as server, model(server) as made:
        made.check()


def test_the_check_says_that_the_key_is_refused() -> None:
    with (
        OpenAIServer(models=failure(401, "who?")) as server,
        model(server) as made,
        pytest.raises(UsageError, match="refused the key"),
    ):
        made.check()


def test_the_check_says_that_the_endpoint_cannot_be_reached() -> None:
    with model(unused_url()) as made, pytest.raises(UsageError, match="cannot be reached"):
        made.check()


@pytest.mark.parametrize(
    "url", ["", "localhost:1", "file:///etc/passwd", "http://", "http://a b/", "http://[::1"]
)
def test_an_endpoint_must_be_an_http_address(url: str) -> None:
    with pytest.raises(UsageError, match="OPENAI_BASE_URL"):
        OpenAIModel("m", base_url=url, api_key="sk-test")


@pytest.mark.parametrize("key", ["sk-ü", "a\nb", "two words"])
def test_a_key_that_no_header_can_carry_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(UsageError) as caught:
        OpenAIModel("m", base_url="http://127.0.0.1/v1", api_key=key)
    assert key not in str(caught.value)


def test_the_environment_names_endpoint_and_key() -> None:
    with OpenAIServer([completion("hi")]) as server:
        environ = {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": " sk-env "}
        made = OpenAIModel.from_environment("test-model", environ)
        assert ask(made).text == "hi"
        made.close()
    assert server.headers[0]["authorization"] == "Bearer sk-env"


def test_a_missing_key_is_said_with_the_way_out() -> None:
    with pytest.raises(UsageError, match="OPENAI_API_KEY is not set"):
        OpenAIModel.from_environment("test-model", {})


def test_messages_go_out_as_they_are() -> None:
    with OpenAIServer([completion("ok")]) as server, model(server) as made:
        ask(made, SCHEMA)
    body = server.chats[0]
    assert body["messages"] == [{"role": "user", "content": "hello"}]
    assert body["response_format"]["json_schema"]["schema"] == SCHEMA
    assert "temperature" not in body
    assert json.dumps(body)
