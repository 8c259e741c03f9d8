"""Whatever a model calls, a conversation ends with a result, and changes nothing but its draft."""

from __future__ import annotations

import json
import random
import string
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tool_ground import FASTER, FILES, desk, use, write

from hotloop.agent.coder.base import ProposalContext
from hotloop.agent.coder.tooled import ToolCoder
from hotloop.agent.models.base import CallKey, Message, Reply, ToolCall, Usage
from hotloop.agent.models.dialect import Dialect
from hotloop.agent.models.scripted import ScriptedModel
from hotloop.agent.tools import TOOLS
from hotloop.agent.tools.base import Misuse
from hotloop.agent.tools.workspace import Workspace

NAMES = [
    *(tool.name for tool in TOOLS if tool.name != "search"),
    "",
    "raed",
    "a b",
    "x" * 300,
    "é",
    "__class__",
]
PATHS = ["pkg/core.py", "pkg", ".", "../x", "/etc/passwd", ".git/config", "@1", "a\0b", "é", "x" * 3000, ""]
TEXTS = [
    "def keep(items, wanted):",
    "",
    " ",
    "\n",
    "    ",
    "keep",
    "Filter.keep",
    "x" * 5000,
    "\ud800",
    "```\n",
]
KEYS = ["path", "old", "new", "name", "first", "last", "summary", "caches", "all", "command", "extra"]

words = st.one_of(st.sampled_from([*PATHS, *TEXTS]), st.text(max_size=20))
values = st.one_of(
    words, st.integers(-5, 10**20), st.none(), st.booleans(), st.floats(), st.lists(words, max_size=3)
)
objects = st.dictionaries(st.sampled_from(KEYS), values, max_size=4).map(json.dumps)
raw = st.one_of(
    objects, st.text(max_size=80), st.sampled_from(["{", "[]", "null", "[" * 5000, "", '{"path": "pkg'])
)
calls = st.builds(ToolCall, name=st.sampled_from(NAMES), arguments=raw)
replies = st.builds(
    Reply,
    text=st.one_of(st.text(max_size=60), st.just("")),
    finish=st.sampled_from(["stop", "length", "refusal", "tools"]),
    usage=st.just(Usage(prompt_tokens=1, completion_tokens=1)),
    model=st.just("m"),
    calls=st.lists(calls, max_size=20).map(tuple),
)
blocks = st.builds("{}\n```{} {}\n{}\n{}\n{}".format, words, st.sampled_from(["call", "tool", "python"]),
                   st.sampled_from(NAMES), raw, st.sampled_from(["```", "", "~~~"]), words)  # fmt: skip


class Fuzzed:
    """Replies as given; every request must be one that can be sent in both protocols."""

    name = "fuzzed"

    def __init__(self, given: list[Reply]) -> None:
        self.given = iter(given)

    def complete(
        self, messages: list[Message], *, key: CallKey, max_tokens: int, tools: Any = (), **others: Any
    ) -> Reply:
        for dialect in (Dialect(), replace(Dialect(), tools=False)):
            json.dumps(dialect.body("m", messages, max_tokens, tools=tools))
        return next(self.given)


class Broken:
    """A lab where nothing builds."""

    shop = SimpleNamespace(backend=SimpleNamespace(capabilities=SimpleNamespace(isolates_files=False)))

    def built(self, edits: dict[str, str]) -> NoReturn:
        raise Misuse("It does not build")

    tree = built

    def objection(self, edits: dict[str, str], summary: str) -> str | None:
        return None


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("fuzzed"), {**FILES, "pkg/blob.py": b"\xff\0"})


def files(tree: Path) -> dict[str, bytes]:
    return {str(path.relative_to(tree)): path.read_bytes() for path in tree.rglob("*") if path.is_file()}


def converse(tree: Path, model: Any, turns: int) -> None:
    @contextmanager
    def opened(slot: int) -> Iterator[Workspace]:
        lab: Any = Broken()
        yield replace(desk(tree), lab=lab)

    context = ProposalContext(
        tree=tree, editable=lambda path: True, workload="w", hotspots=(), workspace=opened
    )
    before = files(tree)
    (proposal,) = ToolCoder(model, 100, turns).propose(context)
    assert (proposal.failure is None) == bool(proposal.edits)
    assert all(path.startswith("pkg/") for path in proposal.edits)
    assert all(line.isprintable() for line in proposal.summary.split("\n"))
    assert files(tree) == before


many = settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))


@many
@given(st.lists(replies, min_size=4, max_size=4))
def test_any_calls_end_in_a_proposal_or_a_failure(tree: Path, given: list[Reply]) -> None:
    converse(tree, Fuzzed(given), 4)


@settings(many, max_examples=150)
@given(st.lists(blocks, min_size=4, max_size=4))
def test_any_text_ends_in_a_proposal_or_a_failure(tree: Path, given: list[str]) -> None:
    converse(tree, ScriptedModel(given), 4)


def test_random_mutations_of_good_calls_do_no_harm(tree: Path) -> None:
    rng = random.Random(5)
    good = [
        f"```call edit\n{json.dumps(FASTER)}\n```",
        '```call read\n{"path": "pkg/core.py", "first": 2, "last": 3}\n```',
        '```call submit\n{"summary": "A set.", "caches": ["x keyed on y, bounded by z"]}\n```',
    ]
    for _ in range(100):
        script = []
        for reply in good:
            text = list(reply)
            for _ in range(rng.randint(0, 4)):
                at = rng.randrange(len(text))
                text[at : at + rng.randint(0, 4)] = rng.choices(
                    string.printable + "é\u2028\0", k=rng.randint(0, 3)
                )
                text = text or ["x"]
            script.append("".join(text))
        converse(tree, ScriptedModel(script), 3)


HUGE = [
    "```call read\n" + "[" * 2_000_000 + "\n```",
    "```call edit\n" * 50_000,
    "```call edit\n" + json.dumps({**FASTER, "new": "x = 1\n" * 100_000}) + "\n```",
    "```call edit\n" + json.dumps({**FASTER, "old": "x\n" * 300_000}) + "\n```",
    "🦜" * 500_000,
    "```call definitions\n" + json.dumps({"name": "a." * 400_000}) + "\n```",
]


@pytest.mark.parametrize("text", HUGE, ids=range(len(HUGE)))
def test_calls_of_megabytes_do_no_harm(tree: Path, text: str) -> None:
    converse(tree, ScriptedModel([text, text, text]), 3)


@settings(many, max_examples=15)
@given(st.one_of(st.text(max_size=30), st.text("()[]{}*+?|\\^$.ab1,-", min_size=1, max_size=12)), words)
def test_any_pattern_is_searched_or_said_to_be_none(tree: Path, pattern: str, path: str) -> None:
    try:
        shown = use(desk(tree), "search", pattern=pattern, path=path)
    except Misuse as misuse:
        shown = str(misuse)
    assert 0 < len(shown) < 20_000
