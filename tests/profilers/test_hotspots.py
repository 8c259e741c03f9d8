from __future__ import annotations

import textwrap
from pathlib import Path, PurePosixPath

import pytest

from hotloop.profilers.cprofile import from_rows
from hotloop.profilers.definitions import enclosing_definitions
from hotloop.profilers.errors import ProfilerError
from hotloop.profilers.hotspots import amdahl_bound, hotspots
from hotloop.profilers.profile import Frame, Hotspot, Profile, Stack
from hotloop.profilers.pyspy import parse_raw

TREE = PurePosixPath("/hotloop/tree")
RUNNER = (
    "<module> (/t/hotloop_profile.py:62);run (/t/hotloop_profile.py:33);timed_call (/t/hotloop_target.py:48)"
)

SOURCE = """\
import re

def decorate(function):
    return function

@decorate
@decorate
def outer(items):
    def inner(item):
        return item + 1
    key = lambda item: -item
    return sorted([inner(item) for item in items], key=key)

class Box:
    def get(self):
        return 1

    class Lid:
        async def lift(self):
            return 2

def walk(node):
    for child in node:
        walk(child)
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "core.py").write_text(SOURCE)
    (tmp_path / "bench.py").write_text("def workload():\n    pass\n")
    return tmp_path


def sample(*frames: tuple[str, str, int], weight: float = 1.0) -> Stack:
    """A stack; files that are not absolute lie in the tree."""
    return Stack(
        frames=tuple(
            Frame(function=function, file=file, line=line, in_tree=not file.startswith("/"))
            for function, file, line in frames
        ),
        weight=weight,
    )


def spots_of(tree: Path, *stacks: Stack, calls: dict[str, int] | None = None) -> dict[str, Hotspot]:
    profile = Profile(profiler="pyspy", unit="samples", stacks=stacks, calls=calls or {})
    return {spot.function: spot for spot in hotspots(profile, tree, frozenset({"bench.py"}))}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (1, ("<module>", 1)),
        (4, ("decorate", 3)),
        (6, ("outer", 6)),
        (8, ("outer", 6)),
        (9, ("outer.inner", 9)),
        (10, ("outer.inner", 9)),
        (11, ("outer", 6)),
        (12, ("outer", 6)),
        (14, ("<module>", 1)),
        (16, ("Box.get", 15)),
        (20, ("Box.Lid.lift", 19)),
        (99, ("<module>", 1)),
    ],
)
def test_a_line_belongs_to_the_innermost_function_around_it(line: int, expected: tuple[str, int]) -> None:
    assert enclosing_definitions(SOURCE)(line) == expected


@pytest.mark.parametrize("source", ["def broken(:\n", "\0", "(" * 5000])
def test_source_that_is_not_python_is_one_module(source: str) -> None:
    assert enclosing_definitions(source)(1) == ("<module>", 1)


def test_comprehensions_and_lambdas_count_as_the_function_around_them(tree: Path) -> None:
    found = spots_of(
        tree,
        sample(("outer", "pkg/core.py", 12), ("<listcomp>", "pkg/core.py", 12)),
        sample(("outer", "pkg/core.py", 12), ("<lambda>", "pkg/core.py", 11)),
    )

    assert set(found) == {"outer"}
    assert found["outer"].self_share == found["outer"].total_share == 1.0
    assert found["outer"].callers == ()


def test_library_frames_are_folded_into_the_line_that_called_them(tree: Path) -> None:
    found = spots_of(
        tree,
        sample(
            ("outer", "pkg/core.py", 12), ("compile", "/usr/lib/re.py", 5), ("parse", "/usr/lib/sre.py", 7)
        ),
    )

    assert set(found) == {"outer"}
    assert found["outer"].self_share == 1.0
    assert found["outer"].lines == {12: 1.0}


def test_recursion_counts_once(tree: Path) -> None:
    found = spots_of(
        tree,
        sample(*[("walk", "pkg/core.py", 24)] * 5, ("walk", "pkg/core.py", 23), weight=3.0),
        sample(("outer", "pkg/core.py", 12), weight=1.0),
    )

    assert found["walk"].total_share == found["walk"].self_share == 0.75
    assert found["walk"].lines == {23: 0.75}
    assert found["walk"].callers == ()


def test_own_and_total_time_and_callers_are_told_apart(tree: Path) -> None:
    found = spots_of(
        tree,
        sample(("outer", "pkg/core.py", 12), ("inner", "pkg/core.py", 10), weight=3.0),
        sample(("outer", "pkg/core.py", 12), weight=1.0),
        calls={"pkg/core.py:9": 40},
    )

    assert (found["outer"].self_share, found["outer"].total_share) == (0.25, 1.0)
    assert (found["outer.inner"].self_share, found["outer.inner"].total_share) == (0.75, 0.75)
    assert found["outer.inner"].callers == ("pkg/core.py:outer",)
    assert found["outer.inner"].bound == pytest.approx(4.0)
    assert found["outer.inner"].calls == 40
    assert list(found) == ["outer.inner", "outer"]


def test_the_workload_is_no_hotspot_but_its_time_counts(tree: Path) -> None:
    found = spots_of(
        tree,
        sample(("workload", "bench.py", 2), weight=1.0),
        sample(("workload", "bench.py", 2), ("get", "pkg/core.py", 16), weight=1.0),
    )

    assert set(found) == {"Box.get"}
    assert found["Box.get"].total_share == 0.5
    assert found["Box.get"].callers == ()


def test_a_profile_without_frames_of_the_tree_has_no_hotspots(tree: Path) -> None:
    assert spots_of(tree, sample(("compile", "/usr/lib/re.py", 5))) == {}
    assert spots_of(tree) == {}


def test_a_file_that_is_not_there_is_one_module(tree: Path) -> None:
    assert set(spots_of(tree, sample(("made", "pkg/generated.py", 5)))) == {"<module>"}


@pytest.mark.parametrize(("share", "bound"), [(0.0, 1.0), (0.5, 2.0), (0.9, 10.0), (1.0, 1000.0)])
def test_amdahl_bound(share: float, bound: float) -> None:
    assert amdahl_bound(share) == pytest.approx(bound)


def test_raw_stacks_are_cut_at_the_timed_call() -> None:
    text = textwrap.dedent(f"""\
        {RUNNER};workload (/hotloop/tree/bench.py:3);outer (/hotloop/tree/pkg/core.py:12) 7
        {RUNNER};workload (/hotloop/tree/bench.py:3);search (/usr/lib/python3.11/re.py:5) 2
        <module> (/t/hotloop_profile.py:62);run (/t/hotloop_profile.py:30);setup (/t/hotloop_target.py:40) 9
        {RUNNER} 4
        """)
    first, second = parse_raw(text, TREE)

    assert [(frame.function, frame.file, frame.line, frame.in_tree) for frame in first.frames] == [
        ("workload", "bench.py", 3, True),
        ("outer", "pkg/core.py", 12, True),
    ]
    assert (first.weight, second.weight) == (7.0, 2.0)
    assert (second.frames[-1].file, second.frames[-1].in_tree) == ("/usr/lib/python3.11/re.py", False)


def test_a_method_named_with_its_class_is_the_marker_too() -> None:
    text = "Target.timed_call (/t/hotloop_target.py:48);f (/hotloop/tree/a.py:1) 3"

    assert [stack.weight for stack in parse_raw(text, TREE)] == [3.0]


def test_a_function_of_the_target_with_the_markers_name_cuts_nothing() -> None:
    text = f"{RUNNER};timed_call (/hotloop/tree/a.py:1);g (/hotloop/tree/a.py:9) 3"
    (stack,) = parse_raw(text, TREE)

    assert [frame.function for frame in stack.frames] == ["timed_call", "g"]


@pytest.mark.parametrize(
    "text", ["", "junk", "a;b c", f"{RUNNER};f (/x.py:one) 3", f"{RUNNER};f (/x.py:1) -3", f"{RUNNER};f 1²"]
)
def test_rows_that_are_no_samples_are_passed_over(text: str) -> None:
    assert parse_raw(text, TREE) == []


def test_paths_with_spaces_brackets_and_colons_are_read() -> None:
    text = f"{RUNNER};<lambda> (/hotloop/tree/odd (name): x.py:12) 1"
    ((frame,),) = (stack.frames for stack in parse_raw(text, TREE))

    assert (frame.function, frame.file, frame.line) == ("<lambda>", "odd (name): x.py", 12)


def test_rows_of_cprofile_become_stacks_of_caller_and_callee() -> None:
    tree = "/hotloop/tree"
    rows = [
        [f"{tree}/bench.py", 2, "workload", 1, 0.5, 3.0, [["/t/hotloop_target.py", 48, "call", 1, 0.5, 3.0]]],
        [f"{tree}/a.py", 9, "f", 10, 2.0, 2.5, [[f"{tree}/bench.py", 2, "workload", 10, 2.0, 2.5]]],
        ["~", 0, "<built-in len>", 10, 0.5, 0.5, [[f"{tree}/a.py", 9, "f", 10, 0.5, 0.5]]],
        ["/t/hotloop_target.py", 48, "timed_call", 1, 0.1, 3.1, []],
    ]  # fmt: skip
    found = from_rows(rows, TREE)

    assert found.total == pytest.approx(3.0)
    assert found.calls == {"bench.py:2": 1, "a.py:9": 10}
    assert ["a.py", "~"] in [[frame.file for frame in stack.frames] for stack in found.stacks]


def test_cprofile_that_saw_nothing_is_no_profile() -> None:
    with pytest.raises(ProfilerError, match="no call"):
        from_rows([], TREE)
