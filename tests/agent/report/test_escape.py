"""Untrusted text does nothing where it is shown, and stays readable."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from hotloop.agent.report import escape

HOSTILE = [
    "\x1b[2J\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07text",
    "\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\",
    "\x9b31mC1",
    "right\u202eleft\u2066",
    "zero\u200bwidth\x00nul\rreturn\x08back",
    "lone \udc80 surrogate",
    "\x1b]unterminated " + "x" * 600,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_character_that_acts_on_a_terminal_is_left(text: str) -> None:
    assert all(char.isprintable() or char in "\n\t" for char in escape.plain(text))


def test_colour_is_dropped_and_the_text_around_it_stays() -> None:
    assert escape.plain("a \x1b[1;31mfailed\x1b[0m b") == "a failed b"


def test_a_direction_override_is_shown_not_obeyed() -> None:
    assert escape.plain("if a\u202e:") == "if a\\u202e:"


def test_an_unterminated_sequence_does_not_swallow_what_follows() -> None:
    assert "the reason" in escape.plain("\x1b]0;never ended\nthe reason")


def test_one_line_stays_one_line() -> None:
    assert escape.line("a\r\nb\x0b\x0cc\u2028d") == "a b c d"


def test_long_text_keeps_head_and_tail_and_says_what_is_missing() -> None:
    shown = escape.clip("a" * 1000 + "z", 30)
    assert shown.startswith("a" * 20)
    assert shown.endswith("z")
    assert "971 characters left out" in shown


def test_a_megabyte_on_one_line_is_cut() -> None:
    begun = time.process_time()
    assert len(escape.fence("x`" * 500_000)) < 2000
    assert len(escape.prose("*_" * 500_000)) < 5000
    assert time.process_time() - begun < 20


@given(st.text(alphabet="`~\n a\\", max_size=60))
def test_nothing_inside_a_fence_closes_it(text: str) -> None:
    tokens = MarkdownIt().parse(escape.fence(text, "sh") + "\n\nafter")
    assert [token.type for token in tokens] == ["fence", "paragraph_open", "inline", "paragraph_close"]


@given(st.text(alphabet="`|a \\<*", min_size=1, max_size=40))
def test_a_code_span_is_one_code_span(text: str) -> None:
    inline = MarkdownIt().parseInline(f"x {escape.code(text)} y")[0].children or []
    assert [token.type for token in inline] == ["text", "code_inline", "text"]


@given(st.text(alphabet="`|a \\", min_size=1, max_size=40))
def test_a_cell_stays_one_cell(text: str) -> None:
    page = f"| a | b |\n| --- | --- |\n| {escape.cell(text)} | end |\n"
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(page)
    assert [token.type for token in tokens].count("td_open") == 2
    assert [token.content for token in tokens if token.type == "inline"][-1] == "end"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "![image](http://evil/x.png) [link](http://evil)",
        "**bold** _em_ `code` ~~gone~~",
        "# heading",
        "- item",
        "1. item",
        "+ item",
        "> quote",
        "=====",
        "---",
        "a\n\n# b",
        "&lt;b&gt; \\*",
        "<http://evil>",
    ],
)
def test_prose_is_one_paragraph_of_plain_text(text: str) -> None:
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(escape.prose(text))
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    parts = tokens[1].children or []
    assert {part.type for part in parts} <= {"text", "text_special", "html_inline"}
    assert {part.content for part in parts if part.type == "html_inline"} <= {"<!-- -->"}
    assert "".join(part.content for part in parts if part.type != "html_inline") == " ".join(text.split())


def test_prose_makes_no_mention_and_no_reference() -> None:
    shown = escape.prose("thanks @torvalds, fixes #1")
    assert "@torvalds" not in shown
    assert "#1" not in shown
