"""Pages that open from disk, and in which nothing of a model's or a target's acts."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from evaluation_folders import make_folder
from evaluation_results import failed, quarantined, rejected, scored

from hotloop.agent.evaluation.html import write_pages
from hotloop.agent.evaluation.report import make_report, read_all

HOSTILE = "<script>alert(1)</script>"
VOID = {"meta", "circle", "line", "br"}


class Page(HTMLParser):
    """Tags, links and text of a page; elements must close in their order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def pages(folder: Path) -> dict[str, Page]:
    found = read_all([folder])
    index = write_pages(make_report(found), found, folder / "report")
    return {
        str(path.relative_to(index.parent)): Page(path.read_text())
        for path in sorted(index.parent.rglob("*.html"))
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    results = [scored("a", usd=0.5), rejected("b"), quarantined("c"), failed("d")]
    made = make_folder(tmp_path / "e", *results, scored("a", model=HOSTILE), instances=("never",))
    line = {
        "instance_id": "a",
        "model_name_or_path": "model",
        "model_patch": f"--- a/x\n+++ b/x\n+{HOSTILE}\n",
    }
    (made / "predictions.jsonl").write_text(json.dumps(line) + "\n")
    return made


def test_there_is_a_page_for_all_and_one_for_each_instance_and_every_link_leads_to_one(folder: Path) -> None:
    found = pages(folder)
    assert set(found) == {"index.html", *(f"instances/{name}.html" for name in "abcd")}
    for name, page in found.items():
        for link in page.links:
            assert (folder / "report" / name).parent.joinpath(link).resolve().is_file()


def test_nothing_runs_and_nothing_is_loaded(folder: Path) -> None:
    for page in pages(folder).values():
        assert page.tags.isdisjoint({"script", "iframe", "img", "link", "object", "base", "form"})
    for path in (folder / "report").rglob("*.html"):
        assert "default-src 'none'" in path.read_text()


def test_hostile_names_and_patches_are_shown_as_text(folder: Path) -> None:
    found = pages(folder)
    assert HOSTILE in found["index.html"].text
    assert f"+{HOSTILE}" in found["instances/a.html"].text


def test_the_first_page_has_figures_and_what_was_left_out(folder: Path) -> None:
    text = pages(folder)["index.html"].text
    for words in (
        *("SWE-fficiency", "Against the expert's patch", "rejected by tests"),
        *("c: the expert is not faster here", "model, d, attempt 0: the engine went away", "never"),
    ):
        assert words in text


def test_an_instance_has_its_verdicts_times_and_costs(folder: Path) -> None:
    text = pages(folder)["instances/a.html"].text
    for words in ("candidate to expert", "tie", "2.000× [1.980, 2.020]", "500 ms (1)", "$0.5000"):
        assert words in text


def test_a_patch_that_is_not_the_one_scored_is_not_shown(folder: Path) -> None:
    results = (folder / "results.jsonl").read_text().splitlines()
    first = {**json.loads(results[0]), "patch_sha256": "1" * 64}
    (folder / "results.jsonl").write_text("\n".join([json.dumps(first), *results[1:]]) + "\n")
    text = pages(folder)["instances/a.html"].text
    assert "+<script>" not in text
    assert "The patch that was scored was not kept here." in text


def test_extreme_ratios_stay_within_their_drawing(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "e", scored("a", speedup=1e-6, expert=1e6))
    pages(folder)
    places = re.findall(r'(?:cx|x1|x2)="([\d.-]+)"', (folder / "report" / "instances" / "a.html").read_text())
    assert places
    assert all(0 <= float(place) <= 160 for place in places)
