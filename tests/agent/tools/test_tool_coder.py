"""The coder with tools: a scripted model, and a server that speaks the protocol, on a real tree."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from openai_server import OpenAIServer, Step, completion, failure
from tool_ground import CORE, FASTER, FILES, commit, desk, write

from hotloop.agent import run
from hotloop.agent.budget import Budget, BudgetLimits
from hotloop.agent.coder import turn
from hotloop.agent.coder.base import ProposalContext
from hotloop.agent.coder.ideas import idea_key
from hotloop.agent.coder.tooled import ToolCoder
from hotloop.agent.models.base import CallKey, Message, ToolCall
from hotloop.agent.models.client import OpenAIModel
from hotloop.agent.models.errors import BudgetSpent, CallFailed, CallLost
from hotloop.agent.models.journal import Journal
from hotloop.agent.models.journaled import JournaledModel
from hotloop.agent.models.prices import Price
from hotloop.agent.models.scripted import ScriptedModel
from hotloop.agent.models.secrets import Redactor
from hotloop.agent.models.tokens import prompt_bound
from hotloop.agent.result import Status
from hotloop.agent.settings import Settings
from hotloop.agent.state import Hotspot
from hotloop.agent.tools.lab import Round
from hotloop.agent.tools.workspace import Workspace, open_workspace
from hotloop.repos.source import open_source

HOT = Hotspot(
    function="keep", file="pkg/core.py", line=1, self_share=0.9, total_share=0.9, bound=10.0, lines={3: 0.8}
)
Call = tuple[str, dict[str, Any]]
SUBMIT: Call = ("submit", {"summary": "Look the wanted items up in a set."})
EDIT: Call = ("edit", FASTER)
LOOK: Call = ("read", {"path": "pkg/core.py"})


def text(*calls: Call, said: str = "") -> str:
    blocks = [f"```call {name}\n{json.dumps(arguments)}\n```" for name, arguments in calls]
    return "\n\n".join([said, *blocks] if said else blocks)


def native(*calls: Call, said: str | None = None) -> Step:
    told = [
        {"id": f"c{n}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
        for n, (name, arguments) in enumerate(calls)
    ]
    return completion(said, finish="tool_calls", tool_calls=told)


class Trusting:
    """A lab whose gates object to nothing: what they say is tested elsewhere."""

    def objection(self, edits: dict[str, str], summary: str) -> str | None:
        return None


class Shop:
    class backend:
        class capabilities:
            isolates_files = False


def opener(tree: Path, tried: dict[str, int]) -> Callable[[int], AbstractContextManager[Workspace]]:
    @contextmanager
    def opened(slot: int) -> Iterator[Workspace]:
        lab: Any = Trusting()
        lab.shop = Shop()
        yield replace(desk(tree), lab=lab, tried=tried)

    return opened


@pytest.fixture
def context(tmp_path: Path) -> ProposalContext:
    tree = write(tmp_path / "tree", FILES)
    return ProposalContext(
        tree=tree,
        editable=lambda path: path.startswith("pkg/"),
        workload=FILES["bench.py"],
        hotspots=(HOT,),
        workspace=opener(tree, {}),
    )


def coder(*replies: str, turns: int = 10) -> tuple[ToolCoder, ScriptedModel]:
    model = ScriptedModel(replies)
    return ToolCoder(model, 1000, turns), model


def last(model: ScriptedModel, call: int = -1) -> str:
    return model.asked[call][1][-1].content


def test_what_is_submitted_is_the_proposal(context: ProposalContext) -> None:
    made, model = coder(text(LOOK, said="First a look."), text(EDIT), text(SUBMIT))
    (proposal,) = made.propose(context)
    assert proposal.edits == {"pkg/core.py": CORE.replace(FASTER["old"], FASTER["new"])}
    assert proposal.summary == "Look the wanted items up in a set."
    assert proposal.origin == "model scripted"
    assert proposal.failure is None
    assert [key for key, _ in model.asked] == ["001-coder-00-01", "001-coder-00-02", "001-coder-00-03"]
    first = model.asked[0][1]
    assert [message.role for message in first] == ["system", "user"]
    assert "read, search, definitions" in first[0].content
    assert "Find, make, check and submit one change" in first[1].content
    assert "def keep(items, wanted)" in last(model, 1)
    assert last(model, 1).endswith("(reply 1 of 10)")


def test_wrong_calls_are_answered_with_right_ones_and_harm_nothing(context: ProposalContext) -> None:
    made, model = coder(
        text(("raed", {"path": "pkg/core.py"})),
        text(("read", {"file": "pkg/core.py"})),
        "```call edit\n{not json\n```",
        text(("edit", {**FASTER, "old": "    known = [str(i) for i in wanted]\n"})),
        text(SUBMIT),
        text(EDIT),
        text(SUBMIT),
    )
    (proposal,) = made.propose(context)
    assert proposal.failure is None
    assert "There is no tool raed. Did you mean read?" in last(model, 1)
    assert "There is no argument file" in last(model, 2)
    assert 'For example: {"path": "pkg/core.py", "first": 1' in last(model, 2)
    assert "The arguments are not JSON" in last(model, 3)
    assert "The closest lines are" in last(model, 4)
    assert "Not submitted: nothing is changed" in last(model, 5)


def test_calls_that_only_look_run_side_by_side_and_are_answered_in_order(
    context: ProposalContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts: list[int] = []
    real = turn.side_by_side

    def counting(tasks: Sequence[Any]) -> Any:
        counts.append(len(tasks))
        return real(tasks)

    monkeypatch.setattr(turn, "side_by_side", counting)
    made, model = coder(
        text(LOOK, ("definitions", {"name": "keep"}), ("search", {"pattern": "Filter"})),
        text(LOOK, EDIT),
        text(SUBMIT),
    )
    made.propose(context)
    answers = [message.content for message in model.asked[1][1] if message.role == "tool"]
    assert answers[0].startswith("pkg/core.py, lines")
    assert answers[1].startswith("2 definitions of keep")
    assert answers[2].startswith("1 line matches Filter")
    assert counts == [3]


def test_a_reply_that_was_cut_off_is_told_so(context: ProposalContext) -> None:
    class Cut(ScriptedModel):
        def complete(self, messages: list[Message], **others: Any) -> Any:
            reply = super().complete(messages, **others)
            return reply.model_copy(update={"finish": "length"})

    model = Cut(['```call edit\n{"path": "pkg/core.py", "old": "', "no call", text(EDIT, SUBMIT)])
    ToolCoder(model, 1000, 9).propose(context)
    assert "The arguments are not JSON" in last(model, 1)
    assert "Your reply was cut off at 1000 tokens" in last(model, 1)
    assert "cut off at 1000 tokens before it called a tool" in last(model, 2)


def test_after_submit_nothing_more_is_done(context: ProposalContext) -> None:
    made, model = coder(text(EDIT, SUBMIT, ("edit", {"path": "pkg/core.py", "old": "len(", "new": "max("})))
    (proposal,) = made.propose(context)
    assert "max(" not in proposal.edits["pkg/core.py"]
    assert len(model.asked) == 1


def test_too_many_calls_are_each_answered(context: ProposalContext) -> None:
    made, model = coder(text(*[LOOK] * 20), text(EDIT, SUBMIT))
    made.propose(context)
    answers = [message.content for message in model.asked[1][1] if message.role == "tool"]
    assert len(answers) == 20
    assert "at most 16 calls" in answers[-1]


def test_edits_that_were_not_submitted_are_tried_all_the_same(context: ProposalContext) -> None:
    made, model = coder(text(EDIT), text(LOOK), turns=2)
    (proposal,) = made.propose(context)
    assert proposal.failure is None
    assert proposal.summary == "Change pkg/core.py (not submitted: the 2 replies ran out)"
    assert "submit now" in last(model, 1)
    tried = {idea_key(proposal.edits): 4}
    again = replace(context, workspace=opener(context.tree, tried))
    (same,) = coder(text(EDIT), text(LOOK), turns=2)[0].propose(again)
    assert same.failure == "no new change: the 2 replies ran out"


def test_replies_without_calls_are_told_how_and_end_after_three(context: ProposalContext) -> None:
    made, model = coder("I think so.", "", "Well.", text(EDIT), turns=9)
    (proposal,) = made.propose(context)
    assert proposal.failure == "no new change: 3 replies in a row called no tool"
    assert "The reply called no tool." in last(model, 1)
    assert "```call NAME" in last(model, 1)
    assert len(model.asked) == 3


def test_the_budget_ends_a_conversation_and_keeps_its_edits(context: ProposalContext, tmp_path: Path) -> None:
    def limited(requests: int, *replies: str) -> ToolCoder:
        model = JournaledModel(
            ScriptedModel(replies),
            Journal(tmp_path / str(requests)),
            Budget(BudgetLimits(max_turns=requests)),
            price=None,
            redactor=Redactor(environ={}),
        )
        return ToolCoder(model, 1000, 10)

    (proposal,) = limited(2, text(LOOK), text(EDIT), text(SUBMIT)).propose(context)
    assert proposal.summary == "Change pkg/core.py (not submitted: the limit of 2 requests is reached)"
    with pytest.raises(BudgetSpent):
        limited(1, text(LOOK), text(EDIT)).propose(context)


def test_nothing_exceeds_the_cost_limit_with_conversations_side_by_side(
    context: ProposalContext, tmp_path: Path
) -> None:
    budget = Budget(BudgetLimits(max_cost=0.2))
    price = Price(1.0, 1.0)
    script = ScriptedModel([text(LOOK)] * 500)
    model = JournaledModel(
        script, Journal(tmp_path / "j"), budget, price=price, redactor=Redactor(environ={})
    )
    with pytest.raises(BudgetSpent):
        ToolCoder(model, 1000, 100).propose(replace(context, wanted=4))
    assert 8 < len(script.asked) < 500
    assert budget.spent().usd <= 0.2


def test_a_resumed_conversation_pays_for_no_reply_twice(context: ProposalContext, tmp_path: Path) -> None:
    replies = [text(LOOK), text(EDIT), text(SUBMIT)]
    found = []
    for script in (ScriptedModel(replies[:2]), ScriptedModel(replies[2:]), ScriptedModel()):
        model = JournaledModel(
            script,
            Journal(tmp_path / "j"),
            Budget(BudgetLimits(max_turns=len(script.asked) + 9)),
            price=None,
            redactor=Redactor(environ={}),
        )
        try:
            found += ToolCoder(model, 1000, 10).propose(context)
        except CallFailed as error:  # the script is over, as if the process had been killed there
            assert "the script has no reply for 001-coder-00-03" in str(error)
    assert [one.summary for one in found] == ["Look the wanted items up in a set."] * 2
    assert found[0] == found[1]


class Lost(ScriptedModel):
    def complete(self, messages: list[Message], *, key: CallKey, **others: Any) -> Any:
        if key.attempt == 3:
            raise CallLost("it left 2 requests without an answer")
        return super().complete(messages, key=key, **others)


def test_a_call_that_is_lost_ends_one_conversation_only(context: ProposalContext) -> None:
    (kept,) = ToolCoder(Lost([text(LOOK), text(EDIT)]), 1000, 10).propose(context)
    assert kept.summary.endswith("(not submitted: it left 2 requests without an answer)")
    (lost,) = ToolCoder(Lost([text(LOOK), text(LOOK)]), 1000, 10).propose(context)
    assert lost.failure == "no new change: it left 2 requests without an answer"


def test_fifty_turns_cost_tokens_in_proportion(context: ProposalContext) -> None:
    (context.tree / "pkg" / "long.py").write_text("".join(f"line_{n} = {'x' * 60!r}\n" for n in range(400)))
    script = [
        text(("read", {"path": "pkg/long.py", "first": 1 + n, "last": 60 + n}), said=f"Page {n}.")
        for n in range(49)
    ]
    made, model = coder(*script, text(EDIT, SUBMIT), turns=50)
    (proposal,) = made.propose(context)
    assert proposal.failure is None
    costs = [prompt_bound(messages) for _, messages in model.asked]
    assert len(costs) == 50
    assert sum(costs[25:]) < 1.5 * sum(costs[:25])
    assert max(costs) < costs[0] + 45_000
    assert "# What you did so far" in model.asked[-1][1][1].content
    assert "1. Page 0. read" in model.asked[-1][1][1].content


def test_long_arguments_are_sent_back_short(context: ProposalContext) -> None:
    big = {"path": "pkg/new.py", "old": "", "new": "x = 1\n" * 20_000}
    made, model = coder(text(("edit", big)), text(SUBMIT))
    (proposal,) = made.propose(context)
    assert proposal.edits["pkg/new.py"] == big["new"]
    (call,) = model.asked[1][1][2].calls
    assert isinstance(call, ToolCall)
    assert len(call.arguments) < 5000
    assert json.loads(call.arguments)["path"] == "pkg/new.py"


# With real trees, sandboxes, tests and the clock around it.

JUDGE = {"decision": "stop", "bottleneck": "none", "next_step": "none", "expected_gain": 1.0}
CALLS: tuple[tuple[Call, ...], ...] = (
    (LOOK, ("callers", {"name": "keep"})),
    (("rum", {"command": "ls"}),),
    (("edit", {**FASTER, "path": "tests/test_core.py", "old": "def test_keep", "new": "def no_test"}),),
    (EDIT,),
    (("test", {}),),
    (("measure", {}),),
    (SUBMIT,),
)


def answering(replies: Sequence[Step], *, tools: bool) -> Callable[[dict[str, Any]], Step]:
    """The coder's replies in order; the judge says stop. Without `tools` they are refused."""
    steps = iter(replies)

    def answer(body: dict[str, Any]) -> Step:
        if "response_format" in body:
            return completion(json.dumps(JUDGE))
        if "tools" in body and not tools:
            return failure(400, "this model does not support tools")
        return next(steps, completion("the end"))

    return answer


def said_to(server: OpenAIServer, *, tools: bool) -> list[str]:
    """What each request of the coder held beyond its opening."""
    asked = [chat for chat in server.chats if "response_format" not in chat and ("tools" in chat) == tools]
    return [json.dumps(chat["messages"][2:]) for chat in asked]


def check_answers(said: Sequence[str]) -> None:
    assert len(said) == len(CALLS)
    assert "bench.py: workload (1 call, lines 9)" in said[1]
    assert "There is no tool rum." in said[2]
    assert "belongs to tests" in said[3]
    assert "The tests that enter what you changed pass (1)" in said[5]
    assert "faster: " in said[6]


@pytest.mark.usefixtures("short_pairs")
@pytest.mark.parametrize("tools", [True, False], ids=["native", "text"])
def test_both_protocols_look_around_edit_test_measure_and_submit(
    shared: Round, context: ProposalContext, tmp_path: Path, tools: bool
) -> None:
    replies = [native(*calls) if tools else completion(text(*calls)) for calls in CALLS]
    with OpenAIServer(answer=answering(replies, tools=tools)) as server:
        client = OpenAIModel("test-model", base_url=server.url, api_key="sk-test")
        model = JournaledModel(
            client, Journal(tmp_path / "j"), Budget(BudgetLimits()), price=None, redactor=Redactor(environ={})
        )
        real = replace(context, workspace=partial(open_workspace, shared, {}))
        (proposal,) = ToolCoder(model, 1000, 12).propose(real)
        client.close()
    check_answers(said_to(server, tools=tools))
    assert proposal.failure is None
    assert "set(wanted)" in proposal.edits["pkg/core.py"]


@pytest.mark.usefixtures("short_pairs")
def test_conversations_side_by_side_keep_out_of_each_others_trees(
    shared: Round, context: ProposalContext
) -> None:
    other = {**FASTER, "new": FASTER["new"].replace("set(", "frozenset(")}
    check = ("run", {"command": "grep -o '[a-z]*set(wanted)' pkg/core.py"})
    scripts = [[text(EDIT), text(check), text(("measure", {})), text(SUBMIT)]]
    scripts += [[text(("edit", other)), text(check, ("test", {})), text(check), text(SUBMIT)]]
    by_key = {
        str(CallKey(1, "coder", slot, number)): reply
        for slot, script in enumerate(scripts)
        for number, reply in enumerate(script, 1)
    }
    model = ScriptedModel((), by_key)
    real = replace(context, wanted=2, workspace=partial(open_workspace, shared, {}))
    first, second = ToolCoder(model, 1000, 12).propose(real)
    assert " set(wanted)" in first.edits["pkg/core.py"]
    assert "frozenset(wanted)" in second.edits["pkg/core.py"]
    answers = {key: messages[-1].content for key, messages in model.asked}
    assert "\nset(wanted)\n" in answers["001-coder-00-03"]
    assert "faster: " in answers["001-coder-00-04"]
    assert "pass (1)" in answers["001-coder-01-03"]
    assert "\nfrozenset(wanted)\n" in answers["001-coder-01-04"]


@pytest.mark.usefixtures("short_pairs")
def test_a_run_with_turns_proves_what_its_conversation_submitted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = commit(tmp_path / "repository")
    replies = [native(*calls) for calls in CALLS]
    with OpenAIServer(answer=answering(replies, tools=True)) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        settings = Settings(
            workload=Path("bench.py"),
            tests="python -m pytest -q -p no:cacheprovider tests",
            coder="model",
            model="test-model",
            sandbox="local",
            turns=12,
            rounds=1,
            candidates=1,
            measure_seconds=12.0,
            equivalence_seconds=1.0,
        )
        result = run.optimize(
            open_source(repository), settings, repo=str(repository), origins={}, out=tmp_path / "runs"
        )
    assert result.status is Status.IMPROVED
    check_answers(said_to(server, tools=True))
    folder = tmp_path / "runs" / result.run_id
    assert len(list((folder / "journal").glob("001-coder-00-*.json"))) == len(CALLS)
    assert "set(wanted)" in (folder / "patch.diff").read_text()
