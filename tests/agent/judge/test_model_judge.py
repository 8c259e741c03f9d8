from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from openai_server import OpenAIServer, completion

from hotloop.agent.judge.base import Review
from hotloop.agent.judge.model import SCHEMA, ModelJudge
from hotloop.agent.models.base import CallKey, Message, Reply
from hotloop.agent.models.client import OpenAIModel
from hotloop.agent.models.errors import BudgetSpent, CallLost
from hotloop.agent.models.scripted import ScriptedModel
from hotloop.agent.state import Candidate, Decision, Evidence, GateResult, Hotspot
from hotloop.profilers.verdict import Interval, Outcome, Verdict

HOT = Hotspot(function="slow", file="pkg/a.py", line=3, self_share=0.5, total_share=0.9, bound=10.0)


def said(**update: Any) -> str:
    return json.dumps(
        {"decision": "accept", "bottleneck": "b", "next_step": "n", "expected_gain": 1.5, **update}
    )


def verdict(ratio: float) -> Verdict:
    interval = Interval(ratio=ratio, low=ratio - 0.1, high=ratio + 0.1)
    return Verdict(
        outcome=Outcome.FASTER,
        ratio=ratio,
        low=interval.low,
        high=interval.high,
        confidence=0.98,
        min_speedup=1.02,
        engine="pingpong",
        metric="cpu",
        clock="process",
        cpu=interval,
        wall=interval,
        first_call=None,
        phases={},
        moved=0.0,
        pairs=5,
        calls=100,
        seconds=3.0,
        peak_memory=(1, 1),
    )


def evidence(number: int, *, passed: bool) -> Evidence:
    candidate = Candidate(
        id=number,
        round=1,
        parent=None,
        summary=f"idea {number}",
        origin="m",
        key=str(number),
        patch=f"+patch {number}",
    )
    gate = GateResult(gate="equivalence", passed=passed, detail="" if passed else "got [2], not [1]")
    return Evidence(candidate=candidate, gates=(gate,), verdict=verdict(1.5) if passed else None)


def review(*, leader: bool = True) -> Review:
    found = (evidence(1, passed=leader), evidence(2, passed=False))
    return Review(
        round=4,
        evidence=found,
        leader=found[0] if leader else None,
        history=(evidence(0, passed=False),),
        hotspots=(HOT,),
        speedup_so_far=1.25,
        budget="Left in the budget: 3 requests of 9 requests.",
        idle_rounds=0 if leader else 1,
    )


def judge(*replies: str) -> tuple[ModelJudge, ScriptedModel]:
    model = ScriptedModel(replies)
    return ModelJudge(model, 500), model


@pytest.mark.parametrize("form", ["{}", "```json\n{}\n```", "```\n{}\n```", "\n  {}  \n"])
@pytest.mark.parametrize("decision", list(Decision))
def test_the_object_is_read_alone_or_in_a_fence(form: str, decision: Decision) -> None:
    made, model = judge(form.replace("{}", said(decision=decision.value)))
    opinion = made.review(review())
    assert opinion.decision is decision
    assert (opinion.bottleneck, opinion.next_step, opinion.expected_gain) == ("b", "n", 1.5)
    assert opinion.origin == "model scripted"
    assert model.asked[0][0] == "004-judge-00-01"


def test_what_a_gate_rejected_cannot_be_accepted() -> None:
    opinion = judge(said())[0].review(review(leader=False))
    assert opinion.decision is Decision.REVISE
    assert "nothing had passed the gates" in opinion.origin


@pytest.mark.parametrize(
    ("reply", "complaint"),
    [
        ("", "empty"),
        ("I think we should accept.", "JSON"),
        (said() + said(), "JSON"),
        ("Sure!\n" + said(), "JSON"),
        ("[]", "object"),
        ("null", "object"),
        (said(decision="merge"), "decision"),
        (said(decision=None), "decision"),
        (said(bottleneck=["a", "b"]), "bottleneck"),
        (said(bottleneck="  "), "bottleneck"),
        (said(next_step="x" * 5000), "next_step"),
        (said(expected_gain="2"), "expected_gain"),
        (said(expected_gain=True), "expected_gain"),
        (said(expected_gain=0.5), "expected_gain"),
        (said(expected_gain=1e9), "expected_gain"),
        (said(expected_gain=float("nan")), "expected_gain"),
        (said(expected_gain=float("inf")), "expected_gain"),
        (said(mood="good"), "mood"),
        ('{"decision": "accept"}', "Field required"),
        (said()[:-9], "JSON"),
        (said(next_step="y" * 30_000), "too long"),
    ],
)
def test_a_reply_that_is_not_exactly_the_object_is_asked_for_again_once(reply: str, complaint: str) -> None:
    made, model = judge(reply, said(decision="stop"))
    assert made.review(review()).decision is Decision.STOP
    key, messages = model.asked[1]
    assert key == "004-judge-00-02"
    assert complaint in messages[-1].content


def test_two_unusable_replies_leave_it_to_the_rules() -> None:
    made, model = judge("junk", "junk")
    opinion = made.review(review())
    assert opinion.decision is Decision.ACCEPT
    assert opinion.origin.startswith("rules (model's reply unusable: ")
    assert len(model.asked) == 2


class Failing:
    """Replies junk until the call in `errors`, then raises that."""

    name = "failing"

    def __init__(self, attempt: int, error: Exception) -> None:
        self.attempt, self.error = attempt, error

    def complete(self, messages: list[Message], *, key: CallKey, max_tokens: int, **others: Any) -> Reply:
        if key.attempt == self.attempt:
            raise self.error
        return ScriptedModel(["junk"]).complete(messages, key=key, max_tokens=max_tokens)


@pytest.mark.parametrize("attempt", [1, 2])
def test_a_lost_call_leaves_it_to_the_rules(attempt: int) -> None:
    opinion = ModelJudge(Failing(attempt, CallLost("no answer twice")), 500).review(review(leader=False))
    assert opinion.decision is Decision.REVISE
    assert "no answer twice" in opinion.origin


def test_no_money_for_the_first_request_ends_the_search() -> None:
    with pytest.raises(BudgetSpent):
        ModelJudge(Failing(1, BudgetSpent("no money")), 500).review(review())


def test_no_money_for_a_second_try_leaves_it_to_the_rules() -> None:
    opinion = ModelJudge(Failing(2, BudgetSpent("no money")), 500).review(review())
    assert opinion.decision is Decision.ACCEPT
    assert "no money" in opinion.origin


@pytest.mark.parametrize("finish", ["length", "content_filter"])
def test_a_reply_that_is_not_whole_is_not_used(finish: str) -> None:
    with OpenAIServer([completion(said(), finish=finish), completion(said())]) as server:
        client = OpenAIModel("test-model", base_url=server.url, api_key="sk-test")
        ModelJudge(client, 500).review(review())
        client.close()
    assert len(server.chats) == 2
    assert server.chats[0]["response_format"]["json_schema"]["schema"] == SCHEMA


def test_the_prompt_holds_every_gate_verdict_patch_and_hotspot() -> None:
    made, model = judge(said())
    made.review(review())
    prompt = model.asked[0][1][1].content
    for part in (
        "idea 1",
        "+patch 2",
        "gate equivalence passed",
        "gate equivalence FAILED: got [2], not [1]",
    ):
        assert part in prompt
    for part in (
        "1.500 times as fast",
        "98% interval 1.400 to 1.600",
        "slow (pkg/a.py:3)",
        "1.250",
        "3 requests of 9",
    ):
        assert part in prompt
    assert "The leader is candidate 1." in prompt


def test_the_prompt_names_what_the_patch_adds() -> None:
    made, model = judge(said())
    shown = review()
    finding = {"kind": "reads a clock or waits", "file": "a.py", "line": 3, "text": "t = time()", "why": "w"}
    gate = GateResult(gate="integrity", passed=True, facts={"findings": [finding] * 20})
    evidence = tuple(one.model_copy(update={"gates": (gate, *one.gates)}) for one in shown.evidence)
    made.review(replace(shown, evidence=evidence))
    prompt = model.asked[0][1][1].content
    assert "to look at: reads a clock or waits at a.py:3: t = time() (w)" in prompt
    assert "(8 more to look at are left out)" in prompt


def test_the_prompt_names_what_gates_saw_and_could_not_hold_against_it() -> None:
    made, model = judge(said())
    shown = review()
    gates = (
        GateResult(gate="replay", passed=True, facts={"may_differ": ["f(1): base gave 1,\nthe candidate 2"]}),
        GateResult(gate="effects", passed=True, facts={"changes": ["pkg.a._KEPT holds another value"]}),
    )
    evidence = tuple(one.model_copy(update={"gates": (*gates, *one.gates)}) for one in shown.evidence)
    made.review(replace(shown, evidence=evidence))
    prompt = model.asked[0][1][1].content
    assert "may differ (replay gate): f(1): base gave 1, the candidate 2" in prompt
    assert "changes beside the result (effects gate): pkg.a._KEPT holds another value" in prompt


def test_the_prompt_says_that_there_is_no_leader() -> None:
    made, model = judge(said())
    made.review(replace(review(leader=False), evidence=()))
    assert "`accept` is not possible" in model.asked[0][1][1].content


def test_what_the_model_says_is_one_printable_line() -> None:
    opinion = judge(said(bottleneck="a\n\x1b[31mred\u202e", next_step="first\nsecond"))[0].review(review())
    assert opinion.bottleneck.isprintable()
    assert opinion.next_step == "first second"
