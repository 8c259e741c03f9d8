"""edit: what is exact is done, and everything else is answered with how to do it right."""

from __future__ import annotations

from pathlib import Path

import pytest
from tool_ground import CORE, FASTER, FILES, desk, use, write

from hotloop.agent.tools.base import Misuse
from hotloop.agent.tools.edit import EDIT
from hotloop.agent.tools.workspace import Workspace


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    return desk(write(tmp_path / "tree", {**FILES, "pkg/dos.py": b"a = 1\r\nb = 2\r\n"}))


def misuse(place: Workspace, **arguments: object) -> str:
    before = dict(place.draft.edits)
    with pytest.raises(Misuse) as caught:
        use(place, "edit", **arguments)
    assert place.draft.edits == before
    return str(caught.value)


def test_an_exact_text_is_replaced_and_shown(place: Workspace) -> None:
    shown = use(place, "edit", **FASTER)
    assert shown.startswith("Done: pkg/core.py, line 2.\n")
    assert "    2 |     known = set(wanted)" in shown
    assert place.draft.edits == {"pkg/core.py": CORE.replace(FASTER["old"], FASTER["new"])}
    assert (place.draft.tree / "pkg/core.py").read_text() == CORE


def test_a_part_of_a_line_is_enough(place: Workspace) -> None:
    use(place, "edit", path="pkg/core.py", old="len(items)", new="sum(1 for _ in items)")
    assert "    return sum(1 for _ in items)\n" in place.draft.edits["pkg/core.py"]


def test_an_edit_that_is_taken_back_is_none(place: Workspace) -> None:
    use(place, "edit", **FASTER)
    use(place, "edit", path=FASTER["path"], old=FASTER["new"], new=FASTER["old"])
    assert place.draft.edits == {}


def test_line_ends_stay_as_they_are(place: Workspace) -> None:
    use(place, "edit", path="pkg/dos.py", old="a = 1\nb = 2\n", new="a = 1\nc = 3\nb = 2\n")
    assert place.draft.edits["pkg/dos.py"] == "a = 1\r\nc = 3\r\nb = 2\r\n"


def test_a_miss_shows_the_nearest_lines(place: Workspace) -> None:
    said = misuse(place, path="pkg/core.py", old="    known = [str(i) for i in wanted]\n", new="x")
    assert "must be exact" in said
    assert "    2 |     known = [str(item) for item in wanted]" in said


def test_a_text_that_stands_twice_is_told_with_its_lines(place: Workspace) -> None:
    assert "2 times in pkg/core.py, at lines 3, 7" in misuse(
        place, path="pkg/core.py", old="    return ", new="    yield "
    )


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("tests/test_core.py", "belongs to tests"),
        ("../out.py", "must not hold"),
        ("/etc/passwd", "relative to the repository's root"),
        (".git/config", "steers git"),
        ("pkg/\0.py", "control characters"),
    ],
)
def test_what_may_not_be_changed_is_refused_at_once(place: Workspace, path: str, said: str) -> None:
    exists = path.startswith("tests")
    old = "from pkg.core import keep, other\n" if exists else ""
    assert said in misuse(place, path=path, old=old, new="import os\n")


def test_a_new_file_is_made_of_an_empty_text(place: Workspace) -> None:
    use(place, "edit", path="pkg/fast.py", old="", new="X = 1\n")
    assert place.draft.edits == {"pkg/fast.py": "X = 1\n"}
    assert "exists" in misuse(place, path="pkg/core.py", old="", new="X = 1\n")
    assert "no such file" in misuse(place, path="pkg/no.py", old="x", new="y")
    assert "are the same" in misuse(place, path="pkg/core.py", old="wanted]", new="wanted]")


def test_a_file_that_no_longer_parses_is_said_to(place: Workspace) -> None:
    assert "no longer parses, line 1" in use(
        place, "edit", path="pkg/core.py", old="def keep(items, wanted):", new="def keep(items, wanted:"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("", "path: Field required"),
        ("nonsense", "not JSON"),
        ("[1]", "no JSON object"),
        ('{"path": 3, "old": "", "new": ""}', "path: Input should be a valid string"),
        ('{"file": "a", "path": "a", "old": "", "new": ""}', "There is no argument file"),
        ("[" * 100_000, "not JSON"),
        ("x" * (1 << 21), "send less"),
    ],
)
def test_wrong_arguments_are_answered_with_right_ones(place: Workspace, arguments: str, said: str) -> None:
    with pytest.raises(Misuse) as caught:
        EDIT.answer(place, arguments)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 1200
