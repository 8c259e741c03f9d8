from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from defusedxml import ElementTree

from hotloop.profilers.exports import EXPORTS, export
from hotloop.profilers.exports.flamegraph import NARROWEST, WIDTH, layout, tree_of
from hotloop.profilers.profile import Frame, Profile, Stack

SVG = "{http://www.w3.org/2000/svg}"


def frame(function: str, file: str = "pkg/core.py", line: int = 3) -> Frame:
    return Frame(function=function, file=file, line=line, in_tree=not file.startswith("/"))


def profile_of(*stacks: tuple[float, list[Frame]], unit: str = "samples") -> Profile:
    made = tuple(Stack(frames=tuple(frames), weight=weight) for weight, frames in stacks)
    return Profile(profiler="pyspy", unit=unit, stacks=made)


TWO = profile_of(
    (30, [frame("top"), frame("left", line=9)]),
    (10, [frame("top"), frame("right"), frame("search", "/usr/lib/re.py", 5)]),
)


def test_equal_stacks_are_collapsed_into_one_line() -> None:
    doubled = Profile(profiler="pyspy", unit="samples", stacks=TWO.stacks * 2)

    assert export(doubled, "collapsed", "t").splitlines() == [
        "top (pkg/core.py:3);left (pkg/core.py:9) 60",
        "top (pkg/core.py:3);right (pkg/core.py:3);search (/usr/lib/re.py:5) 20",
    ]


def test_seconds_are_collapsed_as_microseconds() -> None:
    found = export(profile_of((0.25, [frame("f")]), (1e-9, [frame("g")]), unit="seconds"), "collapsed", "t")

    assert found == "f (pkg/core.py:3) 250000\n"


def test_names_cannot_part_frames_or_stacks() -> None:
    (line,) = export(profile_of((5, [frame("a;b\nc")])), "collapsed", "t").splitlines()

    assert line == "a,b c (pkg/core.py:3) 5"


def test_speedscope_samples_add_up_and_name_their_frames() -> None:
    found = json.loads(export(TWO, "speedscope", "a run"))
    (shown,) = found["profiles"]
    frames = found["shared"]["frames"]

    assert found["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    assert (shown["type"], shown["unit"], shown["name"]) == ("sampled", "none", "a run")
    assert [[frames[number]["name"] for number in sample] for sample in shown["samples"]] == [
        ["top", "left"],
        ["top", "right", "search"],
    ]
    assert shown["endValue"] == sum(shown["weights"]) == 40
    assert len(frames) == 4
    assert all(one["line"] >= 1 for one in frames)


@pytest.mark.parametrize(
    ("unit", "named"), [("seconds", "seconds"), ("bytes", "bytes"), ("instructions", "none")]
)
def test_speedscope_knows_units_by_its_own_names(unit: str, named: str) -> None:
    found = json.loads(export(profile_of((1, [frame("f", line=0)]), unit=unit), "speedscope", "t"))

    assert found["profiles"][0]["unit"] == named
    assert "line" not in found["shared"]["frames"][0]


def test_widths_of_a_flame_graph_are_shares_and_callers_carry_their_callees() -> None:
    boxes = {box.node.frame.function: box for box in layout(tree_of(TWO), 0.0, 400.0, 0) if box.node.frame}

    assert {name: (box.left, box.width, box.depth) for name, box in boxes.items()} == {
        "top": (0.0, 400.0, 0),
        "left": (0.0, 300.0, 1),
        "right": (300.0, 100.0, 1),
        "search": (300.0, 100.0, 2),
    }


def test_boxes_too_narrow_to_see_are_left_out() -> None:
    thin = profile_of((1e6, [frame("wide")]), (1, [frame("thin")]))
    found = [box.node.frame.function for box in layout(tree_of(thin), 0.0, WIDTH, 0) if box.node.frame]

    assert WIDTH * 1e-6 < NARROWEST
    assert found == ["wide"]


def test_a_flame_graph_is_well_formed_and_names_come_through_as_text() -> None:
    evil = "<script>alert('1')</script> & \"\x00\x1b"
    root = ElementTree.fromstring(export(profile_of((5, [frame(evil)])), "svg", evil))
    titles = [title.text for title in root.iter(f"{SVG}title")]

    assert not list(root.iter(f"{SVG}script"))
    assert titles and titles[0] is not None
    assert titles[0].startswith("<script>alert('1')</script> & \"")
    assert "100.0%, 5 samples" in titles[0]


def test_a_flame_graph_refers_to_nothing_outside_itself() -> None:
    text = export(TWO, "svg", "t")

    assert re.findall(r"(?:href|src|url|@import)\b", text) == []
    assert re.findall(r"https?://[^\"]+", text) == ["http://www.w3.org/2000/svg"]


@pytest.mark.parametrize("kind", EXPORTS)
def test_a_profile_without_stacks_can_be_exported(kind: str, tmp_path: Path) -> None:
    text = export(profile_of(), kind, "nothing")
    place = tmp_path / f"nothing{EXPORTS[kind][1]}"
    place.write_text(text)

    assert (text == "") is (kind == "collapsed")
