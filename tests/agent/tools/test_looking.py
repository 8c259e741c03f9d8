"""read, search and the tools that follow names: what they show, and what they say instead."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from tool_ground import FASTER, FILES, desk, use, write

from hotloop.agent.tools.base import Misuse
from hotloop.agent.tools.workspace import Workspace

LONG = "".join(f"line_{number} = {'x' * 40!r}\n" for number in range(1, 2001))


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    files = {
        **FILES,
        "pkg/long.py": LONG,
        "pkg/blob.bin": b"\0\xff",
        "docs/a.md": "keep calm\n",
        ".git/config": "secret = keep\n",
        "pkg/broken.py": "def keep(:\n",
    }
    return desk(write(tmp_path / "tree", files))


def misuse(place: Workspace, tool: str, /, **arguments: object) -> str:
    with pytest.raises(Misuse) as caught:
        use(place, tool, **arguments)
    return str(caught.value)


def test_lines_are_shown_with_their_numbers(place: Workspace) -> None:
    shown = use(place, "read", path="pkg/core.py", first=2, last=3)
    assert shown.startswith("pkg/core.py, lines 2 to 3 of 7\n")
    assert "    2 |     known = [str(item) for item in wanted]\n    3 |     return" in shown
    assert "def keep" not in shown


def test_a_long_file_is_cut_in_the_middle_and_the_rest_can_be_read(place: Workspace) -> None:
    shown = use(place, "read", path="pkg/long.py")
    assert len(shown) < 14_000
    assert "    1 | line_1 =" in shown
    assert " 2000 | line_2000 =" in shown
    start, end = shown.split("read them with first=")[1].split(" …")[0].split(", last=")
    rest = use(place, "read", path="pkg/long.py", first=int(start), last=int(start) + 50)
    assert f"line_{start} =" in rest
    assert f"line_{int(end) + 1} =" in shown


def test_an_edit_is_seen_by_all_that_look(place: Workspace) -> None:
    use(place, "edit", **{**FASTER, "new": "    return unheard_of(items)\n"})
    assert "unheard_of" in use(place, "read", path="pkg/core.py")
    assert "edited by you" in use(place, "read", path="pkg/core.py")
    assert "pkg/core.py:2 |" in use(place, "search", pattern="unheard_of")
    assert "1 reference of unheard_of" in use(place, "references", name="unheard_of")


def test_what_the_best_candidate_made_is_the_text(tmp_path: Path) -> None:
    tree = write(tmp_path, FILES)
    place = desk(tree, {"pkg/core.py": "best = 1\n", "pkg/new.py": "new = 1\n", "pkg/uses.py": None})
    assert "best = 1" in use(place, "read", path="pkg/core.py")
    assert "pkg/new.py:1" in use(place, "search", pattern="new")
    assert "there is no such file" in misuse(place, "read", path="pkg/uses.py")
    assert "uses.py" not in use(place, "read", path="pkg")


def test_a_folder_shows_what_is_in_it(place: Workspace) -> None:
    shown = use(place, "read", path=".")
    assert "pkg/ (6 files)" in shown
    assert "bench.py" in shown
    assert ".git" not in shown
    assert "core.py" in use(place, "read", path="./pkg/")


@pytest.mark.parametrize(
    "path",
    [
        ".git/config",
        "../tree/bench.py",
        "/etc/passwd",
        "pkg/../../x",
        "pkg/blob.bin",
        "no.py",
        "@1",
        "a\0b",
        "x" * 9999,
    ],
)
def test_nothing_outside_the_tracked_texts_is_read(place: Workspace, path: str) -> None:
    said = misuse(place, "read", path=path)
    assert len(said) < 700


def test_a_missing_file_is_answered_with_the_likely_one(place: Workspace) -> None:
    assert "Did you mean pkg/core.py?" in misuse(place, "read", path="core.py")
    assert "has 7 lines; line 9" in misuse(place, "read", path="pkg/core.py", first=9)


def test_links_are_not_followed(place: Workspace) -> None:
    (place.draft.tree / "pkg" / "link.py").symlink_to("/etc/passwd")
    assert "no such file" in misuse(place, "read", path="pkg/link.py")
    assert "Nothing matches root" in use(place, "search", pattern="root:")


def test_matches_are_found_and_bounded(place: Workspace) -> None:
    assert "pkg/core.py:1 | def keep(items, wanted):" in use(place, "search", pattern=r"^def \w+")
    shown = use(place, "search", pattern="line_", path="pkg")
    assert shown.startswith("2000 lines match line_; the first 80 are shown")
    assert len(shown) < 20_000
    assert "docs" not in use(place, "search", pattern="keep", path="*.py")
    assert "secret" not in use(place, "search", pattern="keep")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"pattern": "("}, "no regular expression"),
        ({"pattern": ""}, "1 to 1000"),
        ({"pattern": "x" * 2000}, "1 to 1000"),
        ({"pattern": "x", "path": "nowhere"}, "No file is below"),
    ],
)
def test_a_search_that_cannot_be_done_says_why(
    place: Workspace, arguments: dict[str, str], said: str
) -> None:
    assert said in misuse(place, "search", **arguments)


def test_an_expression_that_never_ends_is_ended(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hotloop.agent.tools.search._SECONDS", 1.0)
    begun = time.monotonic()
    assert "simpler pattern" in misuse(place, "search", pattern="(x+x+)+y", path="pkg/long.py")
    assert time.monotonic() - begun < 30


def test_definitions_tell_where_and_what(place: Workspace) -> None:
    shown = use(place, "definitions", name="keep")
    assert "pkg/core.py:1-3 function keep | def keep(items, wanted):" in shown
    assert "pkg/uses.py:6-7 function Filter.keep" in shown
    assert use(place, "definitions", name="Filter.keep").startswith("1 definition of Filter.keep")
    assert use(place, "definitions", name="pkg.core.keep").startswith("1 definition")
    assert "class Filter" in use(place, "definitions", name="Filter")
    assert use(place, "definitions", name="keep", path="pkg/core.py").startswith("1 definition")


def test_references_mark_what_only_shares_the_name(place: Workspace) -> None:
    shown = use(place, "references", name="core.keep")
    assert "The name is ambiguous: 2 definitions (pkg/core.py:1, pkg/uses.py:6)" in shown
    assert "pkg/uses.py:7 in Filter.keep | return keep(items, self.wanted)" in shown
    assert "pkg/uses.py:10 in Filter.twice | return" in shown
    assert "pkg/uses.py:10 in Filter.twice ? | return" in shown
    assert "pkg/uses.py:14 in run ? | return thing.keep(items)" in shown
    assert "bench.py:2" in shown


def test_callers_are_told_by_function(place: Workspace) -> None:
    shown = use(place, "callers", name="pkg.core.keep")
    assert "bench.py: workload (1 call, lines 9)\n" in shown
    assert "tests/test_core.py: test_keep (1 call, lines 4)\n" in shown
    assert "pkg/uses.py: run (1 call, lines 14) ?" in shown
    own = use(place, "callers", name="Filter.keep")
    assert "pkg/uses.py: Filter.twice (3 calls" in own


def test_roots_decide_what_an_import_means(tmp_path: Path) -> None:
    files = {"src/json.py": "def dumps(): ...\n", "a.py": "import json\njson.dumps()\n"}
    place = desk(write(tmp_path, files))
    assert "a.py: <module> (1 call, lines 2) ?" in use(place, "callers", name="dumps")


def test_relative_imports_are_followed(tmp_path: Path) -> None:
    files = {"p/q.py": "def f(): ...\n", "p/r.py": "from .q import f\nfrom . import q\nf()\nq.f()\n"}
    place = desk(write(tmp_path, files))
    assert use(place, "callers", name="f").endswith(">>") and "?" not in use(place, "callers", name="f")


@pytest.mark.parametrize("name", ["", "no_such_thing", "a b", "x" * 9999, "keep()", "..", "é\0"])
def test_a_name_that_is_none_says_so(place: Workspace, name: str) -> None:
    for tool in ("definitions", "references", "callers"):
        assert len(misuse(place, tool, name=name)) < 400
