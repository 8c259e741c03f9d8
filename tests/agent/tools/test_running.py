"""The tools that run something, on a real tree in a real sandbox."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tool_ground import CORE, FASTER, commit, use, workshop

from hotloop.agent.coder.ideas import idea_key
from hotloop.agent.state import Hotspot
from hotloop.agent.tools import tools_of
from hotloop.agent.tools.base import Misuse
from hotloop.agent.tools.lab import Round
from hotloop.agent.tools.quiet import Quiet
from hotloop.agent.tools.workspace import Workspace, open_workspace

WRONG = {**FASTER, "new": "    return list(wanted)\n"}


@pytest.fixture
def place(shared: Round) -> Iterator[Workspace]:
    with open_workspace(shared, {}, 0) as made:
        yield made


def spot(function: str, line: int, share: float) -> Hotspot:
    return Hotspot(
        function=function,
        file="pkg/core.py",
        line=line,
        self_share=share,
        total_share=share,
        bound=1 / (1 - share),
        lines={},
    )


def misuse(place: Workspace, tool: str, /, **arguments: object) -> str:
    with pytest.raises(Misuse) as caught:
        use(place, tool, **arguments)
    return str(caught.value)


def test_a_command_sees_the_edits_and_leaves_nothing(place: Workspace) -> None:
    use(place, "edit", **FASTER)
    shown = use(place, "run", command="grep -c 'set(wanted)' pkg/core.py; touch made; ls; exit 3")
    assert shown.startswith("exit status 3 after ")
    assert "\n1\n" in shown
    assert "made" in shown
    assert "made" not in use(place, "run", command="ls")
    assert "<function keep" in use(place, "run", command="cd /; python -c 'import pkg; print(pkg.keep)'")


def test_a_command_finds_neither_the_run_nor_git_nor_the_machine(place: Workspace) -> None:
    folder = place.lab.shop.folder.path
    shown = use(place, "run", command=f"ls -a; ls {folder}; cat {folder}/events.jsonl; env; ls /root")
    assert ".git\n" not in shown
    assert shown.count("No such file") >= 2
    assert "SEED" not in shown


def test_long_output_is_cut_in_the_middle_and_can_be_read_on(place: Workspace) -> None:
    shown = use(place, "run", command="seq 1 20000")
    assert len(shown) < 10_000
    assert "\n20000\n" in shown
    name, first = shown.rsplit('"path": "', 1)[1].split('"')[0], shown.rsplit('"first": ', 1)[1].split("}")[0]
    assert f"{first:>5} | {first}\n" in use(place, "read", path=name, first=int(first))


def test_a_line_without_end_can_be_read_on(place: Workspace) -> None:
    shown = use(place, "run", command="python -c \"print('a' * 50000 + 'b' + 'a' * 50000)\"")
    assert len(shown) < 10_000
    assert "b" not in shown.split("(stdout, then stderr)>>")[1].split("<<end")[0]
    assert "b" in use(place, "read", path="@1", first=120, last=130).split("lines with their numbers)>>")[1]


def test_a_command_that_does_not_end_is_ended(place: Workspace) -> None:
    assert use(place, "run", command="echo so far; sleep 60", seconds=1).startswith("ended after 1 s")
    assert "empty" in misuse(place, "run", command=" ")
    assert "less than or equal to 300" in misuse(place, "run", command="ls", seconds=9999)


def test_commands_are_offered_only_where_files_are_out_of_reach(tmp_path: Path, place: Workspace) -> None:
    assert "run" in [tool.name for tool in tools_of(place)]
    with workshop(commit(tmp_path / "repository"), tmp_path / "runs", "local") as shop:
        nothing: Any = None
        with open_workspace(Round(shop, nothing, (), shop.base_tree, "", 1), {}, 0) as local:
            assert "run" not in [tool.name for tool in tools_of(local)]


def test_tests_that_enter_the_change_are_run_and_told(place: Workspace) -> None:
    assert "Nothing is changed yet" in misuse(place, "test")
    use(place, "edit", **FASTER)
    assert use(place, "test") == "The tests that enter what you changed pass (1). The others were not run."
    assert use(place, "test", all=True) == "All 2 tests pass."
    use(place, "edit", path=FASTER["path"], old=FASTER["new"], new=WRONG["new"])
    failing = use(place, "test")
    assert failing.startswith("FAILED")
    assert "test_keep" in failing


def test_what_does_not_build_says_so(place: Workspace) -> None:
    use(place, "edit", path="pkg/core.py", old="def keep(items, wanted):", new="def keep(items, wanted:")
    for tool in ("test", "measure", "profile"):
        assert "It does not build" in misuse(place, tool)
    assert "Not submitted: the build gate says" in misuse(place, "submit", summary="Faster.")


@pytest.mark.usefixtures("short_pairs")
def test_a_quick_measurement_tells_faster_from_wrong(place: Workspace) -> None:
    assert "Nothing is changed yet" in misuse(place, "measure")
    use(place, "edit", **FASTER)
    assert use(place, "measure").startswith("faster: ")
    use(place, "edit", path=FASTER["path"], old=FASTER["new"], new=WRONG["new"])
    assert use(place, "measure").startswith("WRONG: ")
    use(place, "edit", path=FASTER["path"], old=WRONG["new"], new="    __import__('os')._exit(3)\n")
    assert "broke while it was timed" in misuse(place, "measure")


def test_a_profile_shows_the_hot_lines_of_the_edited_tree(place: Workspace) -> None:
    assert "keep (pkg/core.py:1)" in use(place, "profile")
    use(
        place,
        "edit",
        path="pkg/core.py",
        old="def keep(",
        new="def keep(items, wanted):\n    return held(items, wanted)\n\n\ndef held(",
    )
    shown = use(place, "profile")
    assert "held (pkg/core.py:5)" in shown
    use(
        place,
        "edit",
        path="pkg/core.py",
        old="    return held(items, wanted)",
        new="    __import__('os')._exit(3)",
    )
    assert "No profile could be taken" in misuse(place, "profile")


def test_a_change_is_handed_over_once_the_cheap_gates_agree(shared: Round) -> None:
    known = {"pkg/core.py": CORE.replace(FASTER["old"], FASTER["new"])}
    with open_workspace(shared, {idea_key(known): 7}, 0) as place:
        assert "nothing is changed" in misuse(place, "submit", summary="Faster.")
        use(place, "edit", **FASTER)
        assert "the change that candidate 7 made" in misuse(place, "submit", summary="Faster.")
        use(place, "edit", path="pkg/core.py", old="set(wanted)", new="frozenset(wanted)")
        said = use(place, "submit", summary="A set.\nIt is faster.", caches=["x keyed on y, bounded by z"])
        assert said == "Submitted: pkg/core.py."
        assert place.submitted == "A set. It is faster.\nCache: x keyed on y, bounded by z"


def test_what_runs_is_the_draft_also_after_another_one_was_refused(shared: Round) -> None:
    spots = (spot("keep", 1, 0.99), spot("other", 6, 0.001))
    back = {**FASTER, "old": FASTER["new"], "new": FASTER["old"]}
    cold = {"path": "pkg/core.py", "old": "    return len(", "new": "    nothing = 0\n    return len("}
    with open_workspace(replace(shared, hotspots=spots), {}, 0) as place:
        use(place, "edit", **FASTER)
        assert "set(wanted)" in use(place, "run", command="cat pkg/core.py")
        use(place, "edit", **back)
        use(place, "edit", **cold)
        assert "Not submitted: the reach gate says" in misuse(place, "submit", summary="Faster.")
        use(place, "edit", path="pkg/core.py", old=cold["new"], new=cold["old"])
        use(place, "edit", **FASTER)
        assert "set(wanted)" in use(place, "run", command="cat pkg/core.py")


def test_the_scope_gate_answers_an_edit_at_once(place: Workspace) -> None:
    test = {"path": "tests/test_core.py", "old": "    assert other([1]) == 1\n", "new": "    pass\n"}
    assert "Not done: tests/test_core.py: belongs to tests" in misuse(place, "edit", **test)
    hiding = misuse(place, "edit", path="pkg/core/__init__.py", old="", new="")
    assert "Not done" in hiding
    assert "Not done" in misuse(place, "edit", path="pkg/core.py", old="keep(", new="\ud800(")
    assert place.draft.edits == {}


def test_integrity_is_looked_at_before_a_change_is_handed_over(place: Workspace) -> None:
    use(
        place,
        "edit",
        path="pkg/core.py",
        old="    known = ",
        new="    import time\n    time.perf_counter = int\n    known = ",
    )
    assert "Not submitted: the integrity gate says" in misuse(place, "submit", summary="Faster.")


def test_work_starts_from_the_best_candidate(shared: Round) -> None:
    with open_workspace(shared, {}, 0) as first:
        use(first, "edit", **FASTER)
        patch = first.lab.trial(first.draft.edits).candidate.patch
        tree = first.lab.tree(first.draft.edits)
        later = Round(shared.shop, shared.baseline, (), tree, patch, 2)
        with open_workspace(later, {}, 1) as place:
            assert "set(wanted)" in use(place, "read", path="pkg/core.py")
            use(place, "edit", path="pkg/core.py", old="len(items)", new="sum(map(bool, items))")
            shown = use(place, "run", command="cat pkg/core.py")
            assert "set(wanted)" in shown
            assert "map(bool" in shown


def test_nothing_is_left_of_a_place_that_is_closed(shared: Round) -> None:
    with open_workspace(shared, {}, 3) as place:
        use(place, "edit", **FASTER)
        use(place, "run", command="true")
        assert place.lab.place.exists()
    assert not place.lab.place.exists()
    copies = shared.shop.folder.work / "copies"
    assert not copies.exists() or not list(copies.iterdir())


def test_who_measures_is_alone() -> None:
    quiet, seen = Quiet(), list[str]()
    waiting = threading.Event()

    def measure() -> None:
        waiting.set()
        with quiet.alone():
            seen.append("alone")

    def run() -> None:
        with quiet.busy():
            seen.append("late")

    with quiet.busy(), quiet.busy():
        first = threading.Thread(target=measure)
        first.start()
        waiting.wait()
        while not quiet._waiting:
            time.sleep(0.001)
        second = threading.Thread(target=run)
        second.start()
        second.join(0.05)
        assert seen == []
    first.join()
    second.join()
    assert seen == ["alone", "late"]
