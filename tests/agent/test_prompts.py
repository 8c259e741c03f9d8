from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from hotloop.agent import prompts
from hotloop.agent.prompts import prompt_version, render
from hotloop.agent.prompts.quoting import clip, one_line, quote
from hotloop.agent.prompts.words import history_words, outcome_words
from hotloop.agent.state import Candidate, Decision, Evidence, GateResult, Opinion


def test_a_value_that_is_missing_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        render("coder_repair")


def test_markup_in_a_value_is_left_as_it_is() -> None:
    assert "a < b && {{ c }}" in render("coder_repair", problem="a < b && {{ c }}")


def test_the_version_follows_the_templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert prompt_version() == prompt_version.__wrapped__()
    copies = shutil.copytree(Path(prompts.__file__).parent, tmp_path / "prompts")
    monkeypatch.setattr(prompts, "_FOLDER", copies)
    assert prompt_version.__wrapped__() == prompt_version()
    with (copies / "judge_user.md.j2").open("a") as file:
        file.write("!")
    assert prompt_version.__wrapped__() != prompt_version()


@given(st.text())
def test_a_quotation_is_ended_by_its_own_mark_only(text: str) -> None:
    quoted = quote(text, "source")
    head = re.match(r"<<data (\w{16}) \(source\)>>\n", quoted)
    assert head is not None
    assert quoted.count(head[1]) == 2
    assert quoted.endswith(f"<<end {head[1]}>>")


def test_a_text_that_holds_its_own_mark_gets_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hotloop.agent.prompts.quoting._digest", lambda text: f"mark{len(text) % 7}")
    # Five characters: the mark would be mark5, and with that in front, mark3.
    assert quote("mark5", "x") == "<<data mark3 (x)>>\nmark5\n<<end mark3>>"


@given(st.text(), st.integers(1, 50))
def test_a_line_is_printable_and_within_its_limit(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= limit
    assert line.isprintable()


def test_a_clipped_text_keeps_both_ends_and_says_what_is_gone() -> None:
    assert clip("short", 10) == "short"
    assert clip("a" * 50 + "b" * 50, 20) == "a" * 10 + "\n[… 80 characters left out …]\n" + "b" * 10


def evidence(number: int, **update: object) -> Evidence:
    candidate = Candidate(id=number, round=1, parent=None, summary="idea", origin="m", key="k", patch="p")
    return Evidence(candidate=candidate).model_copy(update=update)


def test_history_leaves_out_the_oldest_and_says_so() -> None:
    words = history_words([evidence(n) for n in range(1, 6)], most=2)
    assert words.startswith("(3 earlier ones are left out)\n4. ")


def test_an_outcome_says_why_a_candidate_was_not_kept() -> None:
    gate = GateResult(gate="tests", passed=False, detail="test_a failed")
    assert outcome_words(evidence(1, gates=(gate,))) == "gate tests FAILED: test_a failed"
    lost = evidence(1).candidate.model_copy(update={"failure": "no blocks"})
    assert outcome_words(Evidence(candidate=lost)) == "unusable reply: no blocks"
    turned_down = Opinion(decision=Decision.REVISE, bottleneck="b", next_step="n", expected_gain=1.0)
    assert outcome_words(evidence(1, opinion=turned_down)) == "not measured"
