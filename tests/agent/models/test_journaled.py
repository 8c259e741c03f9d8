from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openai_server import OpenAIServer, Step, completion, failure

from hotloop.agent.budget import Budget, BudgetLimits
from hotloop.agent.errors import AgentError
from hotloop.agent.models.base import CallKey, ChatModel, Message, Reply, Usage
from hotloop.agent.models.client import OpenAIModel
from hotloop.agent.models.errors import BudgetSpent, CallFailed, CallLost, CallRefused
from hotloop.agent.models.journal import Journal
from hotloop.agent.models.journaled import JournaledModel, Patience
from hotloop.agent.models.prices import Price
from hotloop.agent.models.scripted import ScriptedModel
from hotloop.agent.models.secrets import REMOVED, Redactor

KEY = CallKey(1, "coder", 0, 1)
PRICE = Price(1000.0, 1000.0)  # a tenth of a cent a token
HELLO = [Message(role="user", content="hello")]


class Bench:
    """A model behind journal and budget, as a new process would make it each time."""

    def __init__(self, folder: Path) -> None:
        self.journal = Journal(folder)
        self.slept: list[float] = []
        self.budget = Budget(BudgetLimits())

    def process(
        self,
        model: ChatModel,
        limits: BudgetLimits | None = None,
        price: Price | None = PRICE,
        **options: Any,
    ) -> JournaledModel:
        self.budget = Budget(limits or BudgetLimits(), spent=self.journal.spent())
        redactor = Redactor(["the-secret-1"], environ={})
        return JournaledModel(
            model,
            self.journal,
            self.budget,
            price=price,
            redactor=redactor,
            sleep=self.slept.append,
            **options,
        )


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "journal")


def client(server: OpenAIServer, **options: Any) -> OpenAIModel:
    return OpenAIModel("test-model", base_url=server.url, api_key="sk-test", **options)


@pytest.fixture
def clients() -> Iterator[list[OpenAIModel]]:
    made: list[OpenAIModel] = []
    yield made
    for one in made:
        one.close()


def ask(model: ChatModel, key: CallKey = KEY, text: str = "hello", max_tokens: int = 50) -> Reply:
    return model.complete([Message(role="user", content=text)], key=key, max_tokens=max_tokens)


def entry(bench: Bench, key: CallKey = KEY) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((bench.journal.folder / f"{key}.json").read_text())
    return read


class Failing:
    """Fails with each of `errors` in turn, then answers. For faults that no server can cause at will."""

    name = "failing"

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)
        self.sent = 0

    def complete(self, messages: list[Message], *, key: CallKey, max_tokens: int, **others: Any) -> Reply:
        self.sent += 1
        if self.errors:
            raise self.errors.pop(0)
        return Reply(
            text="ok", finish="stop", usage=Usage(prompt_tokens=3, completion_tokens=2), model="failing"
        )


def test_a_recorded_reply_is_not_paid_again(bench: Bench) -> None:
    first = ask(bench.process(ScriptedModel(["paid"])))
    again = bench.process(ScriptedModel())
    assert ask(again) == first
    assert bench.budget.spent().turns == 1


def test_the_key_rules_and_another_request_is_noted(bench: Bench) -> None:
    ask(bench.process(ScriptedModel(["paid"])))
    again = bench.process(ScriptedModel(["unpaid"]))
    assert ask(again, text="something else").text == "paid"
    assert len(entry(bench)["other_requests"]) == 1
    ask(again, text="something else")
    assert len(entry(bench)["other_requests"]) == 1


def test_a_recorded_reply_is_returned_when_the_budget_is_spent(bench: Bench) -> None:
    ask(bench.process(ScriptedModel(["paid"])))
    assert ask(bench.process(ScriptedModel(), BudgetLimits(max_turns=1, max_cost=0.0))).text == "paid"


def test_the_request_is_on_disk_before_it_is_sent(bench: Bench, clients: list[OpenAIModel]) -> None:
    seen: list[dict[str, Any]] = []

    def answer(body: dict[str, Any]) -> Step:
        seen.append(entry(bench))
        return completion("hi")

    with OpenAIServer(answer=answer) as server:
        clients.append(client(server))
        ask(bench.process(clients[0]))
    assert seen[0]["state"] == "sent"
    assert seen[0]["sends"][0]["fate"] == "sent"
    assert entry(bench)["state"] == "replied"


def test_a_journal_that_cannot_be_written_sends_nothing(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("a file where the folder should be")
    model = ScriptedModel(["paid"])
    bench = Bench(tmp_path / "elsewhere")
    bench.journal = Journal(tmp_path / "journal")
    with pytest.raises(AgentError, match="cannot be written"):
        ask(bench.process(model))
    assert model.asked == []
    assert bench.budget.spent().turns == 0


def test_what_the_budget_cannot_hold_is_not_sent(bench: Bench) -> None:
    model = ScriptedModel(["paid"])
    with pytest.raises(BudgetSpent, match="may cost"):
        ask(bench.process(model, BudgetLimits(max_cost=0.05)))
    assert model.asked == []
    assert bench.journal.entries() == []


def test_a_reply_is_charged_by_its_usage(bench: Bench, clients: list[OpenAIModel]) -> None:
    with OpenAIServer([completion("hi", usage=(40, 2))]) as server:
        clients.append(client(server))
        assert ask(bench.process(clients[0])).usd == pytest.approx(0.042)
    assert bench.budget.spent().usd == pytest.approx(0.042)
    spent = bench.journal.spent()
    assert spent.usd == pytest.approx(0.042)
    assert (spent.turns, spent.prompt_tokens, spent.completion_tokens) == (1, 40, 2)


def test_an_unknown_price_counts_tokens_only(bench: Bench) -> None:
    assert ask(bench.process(ScriptedModel(["x"]), price=None)).usd is None
    assert bench.journal.spent().usd == 0.0
    assert bench.journal.spent().completion_tokens > 0


def test_errors_are_waited_out_and_every_request_is_counted(bench: Bench, clients: list[OpenAIModel]) -> None:
    steps = [failure(429), failure(503), failure(500), completion("at last", usage=(10, 1))]
    with OpenAIServer(steps) as server:
        clients.append(client(server))
        assert ask(bench.process(clients[0])).text == "at last"
    assert bench.slept == [1.0, 2.0, 4.0]
    assert len(server.chats) == bench.budget.spent().turns == bench.journal.spent().turns == 4
    assert bench.journal.spent().usd == bench.budget.spent().usd == pytest.approx(0.011)
    assert [send["fate"] for send in entry(bench)["sends"]] == ["refused"] * 3 + ["replied"]


def test_the_time_that_the_service_asks_for_is_waited(bench: Bench, clients: list[OpenAIModel]) -> None:
    steps = [failure(429, headers={"Retry-After": "17"}), completion("ok")]
    with OpenAIServer(steps) as server:
        clients.append(client(server))
        ask(bench.process(clients[0]))
    assert bench.slept == [17.0]


def test_a_service_that_asks_for_an_hour_is_taken_to_be_down(
    bench: Bench, clients: list[OpenAIModel]
) -> None:
    with OpenAIServer([failure(503, headers={"Retry-After": "3600"})]) as server:
        clients.append(client(server))
        with pytest.raises(AgentError, match="3600 s"):
            ask(bench.process(clients[0]))
    assert len(server.chats) == 1
    assert bench.slept == []


def test_the_wait_never_passes_the_time_limit(bench: Bench) -> None:
    model = bench.process(
        Failing(CallFailed("busy", fate="refused", retry=True, wait=50.0)), BudgetLimits(max_time=20)
    )
    ask(model)
    assert bench.slept[0] <= 20.0


def test_requests_end_after_so_many_errors(bench: Bench, clients: list[OpenAIModel]) -> None:
    with OpenAIServer(answer=lambda body: failure(500, "broken")) as server:
        clients.append(client(server))
        with pytest.raises(CallFailed, match="broken"):
            ask(bench.process(clients[0], patience=Patience(attempts=4)))
    assert len(server.chats) == bench.journal.spent().turns == 4
    assert bench.journal.spent().usd == 0.0


def test_the_budget_ends_what_patience_would_go_on_with(bench: Bench, clients: list[OpenAIModel]) -> None:
    with OpenAIServer(answer=lambda body: failure(500)) as server:
        clients.append(client(server))
        with pytest.raises(BudgetSpent, match="2 requests"):
            ask(bench.process(clients[0], BudgetLimits(max_turns=2)))
    assert len(server.chats) == 2


def test_after_an_error_a_later_process_may_ask_again(bench: Bench) -> None:
    error = CallFailed("busy", fate="refused", retry=False)
    with pytest.raises(CallFailed):
        ask(bench.process(Failing(error)))
    assert ask(bench.process(Failing())).text == "ok"
    assert bench.journal.spent().turns == 2


@pytest.mark.parametrize(
    "step", [Step(hang=20.0), Step(body=b"junk"), Step(body=completion("x").body, cut=9)]
)
def test_a_lost_request_is_sent_once_more_and_both_are_paid_for(
    bench: Bench, clients: list[OpenAIModel], step: Step
) -> None:
    with OpenAIServer([step, completion("second", usage=(10, 1))]) as server:
        clients.append(client(server, seconds=0.3))
        assert ask(bench.process(clients[0])).text == "second"
    worst = entry(bench)["sends"][0]["worst_usd"]
    assert worst > 0.05
    assert bench.journal.spent().usd == pytest.approx(worst + 0.011)
    assert bench.budget.spent().usd == pytest.approx(worst + 0.011)


def test_a_call_that_was_lost_twice_is_never_sent_a_third_time(
    bench: Bench, clients: list[OpenAIModel]
) -> None:
    with OpenAIServer(answer=lambda body: Step(body=b"junk")) as server:
        clients.append(client(server))
        for _ in range(3):
            with pytest.raises(CallLost, match="2 requests"):
                ask(bench.process(clients[0]))
    assert len(server.chats) == 2
    assert bench.journal.spent().turns == 2


def test_a_request_that_was_cut_short_counts_as_lost(bench: Bench) -> None:
    with pytest.raises(KeyboardInterrupt):
        ask(bench.process(Failing(KeyboardInterrupt())))
    assert entry(bench)["state"] == "sent"
    assert bench.budget.spent().usd == bench.journal.spent().usd > 0.05
    model = Failing(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        ask(bench.process(model))
    with pytest.raises(CallLost):
        ask(bench.process(model))
    assert model.sent == 1


def test_what_never_reached_the_service_is_not_counted(bench: Bench) -> None:
    ask(bench.process(Failing(CallFailed("gone", fate="unsent", retry=True))))
    assert bench.budget.spent().turns == bench.journal.spent().turns == 1


def test_a_refused_key_ends_at_once(bench: Bench, clients: list[OpenAIModel]) -> None:
    with OpenAIServer([failure(401, "bad key")]) as server:
        clients.append(client(server))
        with pytest.raises(CallRefused):
            ask(bench.process(clients[0]))
    assert len(server.chats) == 1
    assert bench.journal.spent().usd == bench.budget.spent().usd == 0.0


def test_an_endpoint_that_takes_few_parameters_is_learnt_within_one_call(
    bench: Bench, clients: list[OpenAIModel]
) -> None:
    def answer(body: dict[str, Any]) -> Step:
        if "max_completion_tokens" in body:
            return failure(400, "unknown field max_completion_tokens")
        return failure(400, "no response_format") if "response_format" in body else completion("ok")

    with OpenAIServer(answer=answer) as server:
        clients.append(client(server))
        model = bench.process(clients[0])
        model.complete(HELLO, key=KEY, max_tokens=5, schema={"type": "object"})
        model.complete(HELLO, key=CallKey(2, "judge", 0, 1), max_tokens=5, schema={"type": "object"})
    assert len(server.chats) == 5
    assert bench.slept == [0.0, 0.0, 0.0]


def test_secrets_are_neither_sent_nor_kept(bench: Bench) -> None:
    token = "ghp_" + "a1B2" * 9
    model = ScriptedModel([f"the-secret-1 and {token}"])
    reply = ask(bench.process(model), text=f"look: the-secret-1 {token} Authorization: Bearer abcdefgh99")
    sent = model.asked[0][1][0].content
    kept = (bench.journal.folder / f"{KEY}.json").read_text()
    for text in (sent, kept, reply.text):
        assert "the-secret-1" not in text
        assert token not in text
        assert "abcdefgh99" not in text
    assert reply.text == f"{REMOVED} and {REMOVED}"


def test_secrets_in_an_error_are_not_kept(bench: Bench) -> None:
    error = CallFailed("wrong key the-secret-1", fate="refused", retry=False)
    with pytest.raises(CallFailed):
        ask(bench.process(Failing(error)))
    assert "the-secret-1" not in (bench.journal.folder / f"{KEY}.json").read_text()


def test_text_that_utf8_cannot_hold_is_kept_and_given_alike(bench: Bench) -> None:
    first = ask(bench.process(ScriptedModel(["a\ud800b\0c"])), text="q\udfff")
    assert ask(bench.process(ScriptedModel())) == first


def test_slots_side_by_side_stay_within_the_budget(bench: Bench, clients: list[OpenAIModel]) -> None:
    lock = threading.Lock()
    with OpenAIServer(answer=lambda body: completion("x", usage=(100, 10))) as server:
        clients.append(client(server))
        model = bench.process(clients[0], BudgetLimits(max_cost=0.5))
        refused: list[str] = []

        def slot(number: int) -> None:
            try:
                ask(model, CallKey(1, "coder", number, 1))
            except BudgetSpent as spent:
                with lock:
                    refused.append(str(spent))

        threads = [threading.Thread(target=slot, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    # Each may cost 135 tokens' worth at most and comes to 110: four are sure to be too many.
    assert len(server.chats) == 4
    assert len(refused) == 4
    assert bench.journal.spent().usd == pytest.approx(0.44)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema_version": 1}'])
def test_a_journal_file_that_cannot_be_understood_stops_the_run(bench: Bench, text: str) -> None:
    ask(bench.process(ScriptedModel(["paid"])))
    path = bench.journal.folder / f"{KEY}.json"
    path.write_text(text)
    model = ScriptedModel(["paid again"])
    with pytest.raises(AgentError, match=path.name):
        bench.journal.read(KEY)
    with pytest.raises(AgentError, match=path.name):
        bench.journal.spent()
    assert model.asked == []


def test_a_journal_of_another_version_is_not_misread(bench: Bench) -> None:
    ask(bench.process(ScriptedModel(["paid"])))
    path = bench.journal.folder / f"{KEY}.json"
    path.write_text(path.read_text().replace('"schema_version": 1', '"schema_version": 2'))
    with pytest.raises(AgentError, match="version 2"):
        bench.journal.read(KEY)


def test_what_a_crash_left_half_written_is_not_an_entry(bench: Bench) -> None:
    ask(bench.process(ScriptedModel(["paid"])))
    (bench.journal.folder / f".{KEY}.json.abcd").write_text("{half")
    (bench.journal.folder / ".hidden.json").write_text("{half")
    assert len(bench.journal.entries()) == 1
