"""The reports say what a maintainer needs, and nothing in a record can break out of them."""

from __future__ import annotations

import shlex
from html.parser import HTMLParser
from io import StringIO
from itertools import pairwise
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from report_records import candidate, improved, spot, verdict, without_improvement
from rich.console import Console

from hotloop.agent.report.figure import interval_plot
from hotloop.agent.report.redo import FLAGGED, redo_command
from hotloop.agent.report.render import html, markdown, write_reports
from hotloop.agent.report.terminal import terminal_summary
from hotloop.agent.result import RunRecord
from hotloop.agent.settings import Settings
from hotloop.agent.state import Evidence, GateResult

EVIL = (
    "\x1b[31m</pre><script>alert(1)</script>\n```\n# pwned\n<!-- | --> [x](javascript:1) \u202e @all"
    + "A" * 5000
)


def looked_at(**fields: str) -> GateResult:
    """The integrity gate's answer, with one finding."""
    kind, why = "keeps results from call to call", "answers go stale"
    finding = {"kind": kind, "file": "lectern/index.py", "line": 12, "text": "", "why": why, **fields}
    return GateResult(gate="integrity", passed=True, facts={"findings": [finding]})


def hostile() -> RunRecord:
    """Every text of the record that a target or a model can choose."""
    gate = GateResult(gate="tests", passed=False, detail=EVIL)
    evidence = (
        Evidence(candidate=candidate(1, summary=EVIL, origin=EVIL), gates=(gate,), verdict=verdict(1.1)),
        Evidence(candidate=candidate(2, failure=EVIL)),
    )
    return improved(
        repo="/tmp/" + EVIL,
        evidence=evidence,
        winner=1,
        final_gates=(GateResult(gate=EVIL, passed=True, detail=EVIL), looked_at(text=EVIL, file=EVIL)),
        hotspots_before=(spot(EVIL).model_copy(update={"file": EVIL}),),
        not_compared=(EVIL,),
        notes=(EVIL,),
        patch_text="+" + EVIL + "\n" + "y" * 1_000_000,
        settings={"tests": EVIL, "tolerance": 0.5},
        origins={"tests": EVIL},
        stop_reason=EVIL,
        machine={"cpu": EVIL},
    )


class Tags(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def shown(record: RunRecord) -> str:
    console = Console(width=100, record=True, file=StringIO())
    console.print(terminal_summary(record))
    return console.export_text()


def test_a_maintainer_reads_what_changed_the_proof_the_doubts_and_the_cost() -> None:
    page = markdown(improved())
    for part in (
        "1.421× faster",
        "98 % confidence interval 1.401 to 1.441",
        "membership in a set, step 5",
        "+    stop = frozenset(STOP)",
        "| Base against base | 1.000× [0.997, 1.003] |",
        "| Smallest gain it could show | 1.006× |",
        "| First call in a fresh process | 1.390× [1.310, 1.470] |",
        "| Peak memory | 48.0 MiB → 49.0 MiB (1.02×) |",
        "| `call` | 14.2 ms | 10 ms |",
        "Passed: 120",
        "objects of type \\_io.StringIO",
        "`tests/test_index.py::test_order failed`",
        "the reply was cut off",
        "Dollars: $0.0312",
        "HOTLOOP_TOLERANCE=0.5 hotloop optimize /home/me/lectern --workload=bench.py --max-cost=1.0",
        "hotloop apply 20260101-000000-abcdef",
    ):
        assert part in page


def test_what_the_patch_adds_that_a_gate_cannot_decide_on_is_listed() -> None:
    text, declared = "@lru_cache(maxsize=64)", "keyed on word, bounded by 64"
    record = improved(final_gates=(looked_at(text=text, declared=declared),))
    for page in (markdown(record), html(record)):
        part = page.split("What a reviewer should look at")[1].split("What could not be checked")[0]
        assert "keeps results from call to call" in part
        assert declared in part
    assert "What a reviewer should look at" not in markdown(improved())


def test_calls_that_may_differ_are_listed_beside_it() -> None:
    facts = {"may_differ": ["f([[1]]): base gave 1, the candidate raised TypeError <b>"]}
    record = improved(final_gates=(GateResult(gate="generated", passed=True, facts=facts),))
    for page in (markdown(record), html(record)):
        part = page.split("What a reviewer should look at")[1].split("What could not be checked")[0]
        assert "the candidate raised TypeError" in part
        assert "<b>" not in part


def test_only_the_winner_and_what_it_grew_from_are_told_as_the_change() -> None:
    change = markdown(improved()).split("## What changed")[1].split("## The proof")[0]
    assert "step 1" in change
    assert "step 5" in change
    assert "step 3" not in change


def test_a_run_without_improvement_claims_nothing() -> None:
    for page in (markdown(without_improvement()), html(without_improvement()), shown(without_improvement())):
        assert "No verified improvement" in page
        assert "faster" not in page.replace("faster patch", "")
        assert "whole output" not in page


def test_the_html_report_loads_nothing_and_runs_nothing() -> None:
    for record in (improved(), hostile()):
        tags = Tags(html(record))
        assert not tags.seen & {"script", "link", "img", "iframe", "object", "form", "a", "base"}
        assert not {name for name in tags.attributes if name.startswith("on") or name in {"src", "href"}}


def test_hostile_text_appears_in_html_as_text() -> None:
    tags = Tags(html(hostile()))
    assert "<script>alert(1)</script>" in tags.text
    assert not set(tags.text) & set("\x1b\u202e")


def parsed(page: str) -> list[Token]:
    return MarkdownIt("gfm-like", {"linkify": False}).parse(page)


def headings(tokens: list[Token]) -> list[str]:
    return [after.content for before, after in pairwise(tokens) if before.type == "heading_open"]


def test_hostile_text_makes_no_heading_link_or_tag_in_markdown() -> None:
    tokens = parsed(markdown(hostile()))
    usual = improved(final_gates=(looked_at(text="x"),))
    assert headings(tokens)[1:] == headings(parsed(markdown(usual)))[1:]
    assert not [token for token in tokens if token.type == "html_block"]
    parts = [part for token in tokens for part in token.children or []]
    assert not [part for part in parts if part.type in {"link_open", "image"}]
    assert {part.content for part in parts if part.type == "html_inline"} <= {"<!-- -->"}


def test_hostile_text_sends_nothing_to_the_terminal() -> None:
    text = shown(hostile())
    assert not set(text) & set("\x1b\u202e\x9b")
    assert max(len(line) for line in text.splitlines()) <= 100


def test_a_megabyte_in_a_record_makes_no_megabyte_of_report() -> None:
    for page in (markdown(hostile()), html(hostile()), shown(hostile())):
        assert len(page) < 80_000


def test_reports_are_written_side_by_side(tmp_path: Path) -> None:
    written = write_reports(hostile(), tmp_path)
    assert written == tmp_path / "report.md"
    assert (tmp_path / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_the_command_to_redo_it_is_one_safe_shell_line() -> None:
    record = improved(repo="/tmp/a b; rm -rf ~", settings={"env": ["pip install 'x'", "y"], "allow": ["a/*"]})
    assert shlex.split(redo_command(record)) == [
        'HOTLOOP_ALLOW=["a/*"]',
        "hotloop",
        "optimize",
        "/tmp/a b; rm -rf ~",
        "--env=pip install 'x'",
        "--env=y",
    ]


def test_defaults_are_left_out_of_the_command_to_redo_it() -> None:
    record = improved(settings=Settings().model_dump(mode="json"))
    assert redo_command(record) == "hotloop optimize /home/me/lectern"


def test_every_flag_of_the_redo_command_is_a_setting() -> None:
    assert set(FLAGGED) <= set(Settings.model_fields)


def test_the_plot_places_what_was_measured_on_one_axis() -> None:
    plot = interval_plot(improved())
    assert plot is not None
    assert [row.label for row in plot.rows] == [
        "base over base",
        "1 over base",
        "3 over 1",
        "5 over 1",
        "published over base",
    ]
    assert all(0 <= row.low <= row.mid <= row.high <= plot.width for row in plot.rows)
    assert plot.one < plot.rows[-1].low


@pytest.mark.parametrize("bad", [float("inf"), float("nan")])
def test_a_figure_that_is_not_finite_is_not_plotted(bad: float) -> None:
    broken = verdict().model_copy(update={"high": bad})
    record = improved(noise=None, verdict=broken, evidence=())
    assert interval_plot(record) is None


def test_nothing_measured_means_no_plot() -> None:
    assert interval_plot(without_improvement()) is None


def test_a_record_survives_its_own_json() -> None:
    record = improved()
    assert RunRecord.model_validate_json(record.model_dump_json()) == record
