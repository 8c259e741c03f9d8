"""Whatever a model replies, coder and judge end with a result."""

from __future__ import annotations

import contextlib
import json
import random
import string
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotloop.agent.budget import Budget, BudgetLimits
from hotloop.agent.coder.base import ProposalContext
from hotloop.agent.coder.model import ModelCoder
from hotloop.agent.judge.base import Review
from hotloop.agent.judge.model import ModelJudge
from hotloop.agent.models.base import CallKey, Message
from hotloop.agent.models.journal import Journal
from hotloop.agent.models.journaled import JournaledModel
from hotloop.agent.models.reply import NotAReply, error_text, parse_reply
from hotloop.agent.models.scripted import ScriptedModel
from hotloop.agent.models.secrets import Redactor
from hotloop.agent.state import Decision, Hotspot

PATHS = [
    "a.py",
    "b/c.py",
    "../x.py",
    "/etc/passwd",
    ".git/config",
    "tests/t.py",
    "a\x00b.py",
    "é.py",
    "x" * 3000,
    "",
]
LINES = [
    "x = 1",
    "y = 2",
    "",
    " ",
    "=======",
    "<<<<<<< SEARCH",
    ">>>>>>> REPLACE",
    "```",
    "~~~",
    "\ufeffx = 1",
    "\r",
]
HOT = Hotspot(function="f", file="a.py", line=1, self_share=0.5, total_share=0.9, bound=2.0, lines={1: 0.5})
OPINION = {"decision": "accept", "bottleneck": "b", "next_step": "n", "expected_gain": 1.5}

lines = st.lists(st.one_of(st.sampled_from([*LINES, *PATHS]), st.text(max_size=20)), max_size=6).map(
    "\n".join
)
blocks = st.builds(
    "{}\n{}\n<<<<<<< SEARCH\n{}\n=======\n{}\n>>>>>>> REPLACE\n{}".format,
    lines,
    st.sampled_from(PATHS),
    lines,
    lines,
    st.sampled_from(["", "```", "done"]),
)
anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=30) | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
objects = st.fixed_dictionaries({}, optional=dict.fromkeys(OPINION, anything)).map(json.dumps)
near_objects = st.dictionaries(st.sampled_from([*OPINION, "extra"]), anything, max_size=2).map(
    lambda change: json.dumps({**OPINION, **change})
)
cut = st.tuples(near_objects, st.integers(0, 80)).map(lambda pair: pair[0][: pair[1]])
surrogates = st.text(st.characters(), max_size=40)
replies = st.one_of(st.text(max_size=200), surrogates, lines, blocks, objects, near_objects, cut)

many = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tree")
    (made / "b").mkdir()
    (made / "a.py").write_text("x = 1\ny = 2\n")
    (made / "b" / "c.py").write_text("z = 3\n")
    (made / "blob.py").write_bytes(b"\xff\0")
    return made


def files(tree: Path) -> dict[str, bytes]:
    return {str(path.relative_to(tree)): path.read_bytes() for path in tree.rglob("*") if path.is_file()}


def propose(tree: Path, *texts: str) -> None:
    context = ProposalContext(
        tree=tree, editable=lambda path: not path.startswith("tests"), workload="w", hotspots=(HOT,), wanted=1
    )
    before = files(tree)
    (proposal,) = ModelCoder(ScriptedModel([*texts, *texts]), 100).propose(context)
    assert (proposal.failure is None) == bool(proposal.edits)
    assert all(not path.startswith(("tests", "/", ".")) for path in proposal.edits)
    assert proposal.summary.isprintable()
    assert len(proposal.summary) <= 200
    assert files(tree) == before


def review(text: str) -> None:
    empty = Review(
        round=1,
        evidence=(),
        leader=None,
        history=(),
        hotspots=(HOT,),
        speedup_so_far=1.0,
        budget="",
        idle_rounds=1,
    )
    opinion = ModelJudge(ScriptedModel([text, text]), 100).review(empty)
    assert opinion.decision is not Decision.ACCEPT
    assert opinion.expected_gain >= 1.0
    assert opinion.bottleneck
    assert opinion.next_step.isprintable()


@many
@given(replies)
def test_any_reply_gives_the_coder_a_proposal_or_a_failure(tree: Path, text: str) -> None:
    propose(tree, text)


@many
@given(replies)
def test_any_reply_gives_the_judge_an_opinion_that_accepts_nothing_without_a_leader(text: str) -> None:
    review(text)


HUGE = [
    "x" * 5_000_000,
    "\n" * 2_000_000,
    "[" * 1_000_000,
    '{"a":' * 200_000,
    "<<<<<<< SEARCH\n" * 50_000,
    "a.py\n<<<<<<< SEARCH\n" + "x = 1\n" * 100_000 + "=======\n>>>>>>> REPLACE\n",
    "```json\n" * 100_000,
    "🦜" * 500_000,
    json.dumps({**OPINION, "expected_gain": 10**400}),
    json.dumps({**OPINION, "next_step": "x" * 3_000_000}),
    "(" * 100_000 + ")" * 100_000,
]


@pytest.mark.parametrize("text", HUGE, ids=range(len(HUGE)))
def test_replies_of_megabytes_do_no_harm(tree: Path, text: str) -> None:
    propose(tree, text)
    review(text)


@many
@given(st.one_of(st.binary(max_size=200), anything.map(lambda value: json.dumps(value).encode())))
def test_any_answer_is_a_reply_or_said_to_be_none(data: bytes) -> None:
    with contextlib.suppress(NotAReply):
        parse_reply(data, model="m", prompt_bound=10, max_tokens=10)
    said, names = error_text(data)
    assert said.isprintable()
    assert names.isprintable()


@many
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "content": anything,
            "refusal": anything,
            "tool_calls": anything,
            "function_call": anything,
        },
    ),
    anything,
    anything,
)
def test_any_message_is_a_reply_with_possible_usage(message: object, finish: object, usage: object) -> None:
    answer = {"choices": [{"message": message, "finish_reason": finish}], "usage": usage, "model": finish}
    reply = parse_reply(json.dumps(answer).encode(), model="m", prompt_bound=10, max_tokens=10)
    assert reply.finish in {"stop", "length", "refusal", "tools"}
    assert 0 <= reply.usage.completion_tokens < 10**9


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(surrogates)
def test_any_text_comes_out_of_the_journal_as_it_was_first_used(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    texts = []
    for script in ([text], []):
        model = JournaledModel(
            ScriptedModel(script),
            Journal(folder),
            Budget(BudgetLimits()),
            price=None,
            redactor=Redactor(environ={}),
        )
        asked = [Message(role="user", content=text)]
        texts.append(model.complete(asked, key=CallKey(1, "coder", 0, 1), max_tokens=10).text)
    assert texts[0] == texts[1]


def test_random_mutations_of_a_good_reply_do_no_harm(tree: Path) -> None:
    rng = random.Random(3)
    good = "Faster.\n\na.py\n<<<<<<< SEARCH\nx = 1\n=======\nx = 3\n>>>>>>> REPLACE\n"
    for _ in range(300):
        text = list(good)
        for _ in range(rng.randint(1, 6)):
            at = rng.randrange(len(text))
            text[at : at + rng.randint(0, 4)] = rng.choices(
                string.printable + "é\u2028\0", k=rng.randint(0, 3)
            )
            text = text or ["x"]
        propose(tree, "".join(text))
