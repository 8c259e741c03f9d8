from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import pytest

from hotloop.agent.gates import GATES
from hotloop.agent.gates.scope import scope_of
from hotloop.agent.gates.speed import answer
from hotloop.agent.gates.tests import describe
from hotloop.agent.leftovers import adopted, leftovers, settled
from hotloop.agent.nodes.judge import leader_of, mark
from hotloop.agent.routing import after_judge, after_propose, stop_for_limits
from hotloop.agent.settings import Settings
from hotloop.agent.state import Candidate, Decision, Evidence, GateResult, Opinion
from hotloop.profilers.verdict import Interval, Outcome, Verdict
from hotloop.repos.suites import Comparison

WORKLOAD = PurePosixPath("bench/run.py")


def refusal(path: str, **settings: Any) -> str | None:
    return scope_of(Settings(**settings), WORKLOAD)(path)


@pytest.mark.parametrize(
    "path",
    ["pkg/core.py", "core.py", "src/pkg/fast.pyx", "pkg/testing_tools.py", "pkg/contest.py", "a/b/c.pxd"],
)
def test_sources_may_be_changed(path: str) -> None:
    assert refusal(path) is None


@pytest.mark.parametrize(
    "path",
    [
        "tests/test_core.py",
        "tests/helpers.py",
        "test/data.py",
        "pkg/tests/helpers.py",
        "test_core.py",
        "pkg/test_core.py",
        "pkg/core_test.py",
        "tests.py",
        "conftest.py",
        "pkg/deep/conftest.py",
        "pytest.ini",
        "tox.ini",
        "noxfile.py",
        "sitecustomize.py",
        "pkg/usercustomize.py",
        "odd.pth",
        "setup.py",
        "setup.cfg",
        "pyproject.toml",
        "sub/pyproject.toml",
        "hotloop.toml",
        "sub/hotloop.toml",
        ".github/workflows/ci.py",
        "benchmarks/other.py",
        "asv.conf.json",
        ".gitattributes",
        ".git/hooks/pre-commit.py",
        ".gitmodules",
    ],
)
def test_what_guards_the_result_may_not_be_changed(path: str) -> None:
    assert (refusal(path) or "").startswith("belongs to ")


@pytest.mark.parametrize(
    "path", ["/etc/passwd.py", "../other/core.py", "pkg/../../core.py", "pkg/../tests/x.py"]
)
def test_paths_outside_the_tree_are_refused(path: str) -> None:
    assert refusal(path) == "lies outside the tree"
    assert refusal(path, allow=("*",)) == "lies outside the tree"


def test_the_workload_is_refused_even_when_allowed() -> None:
    assert refusal("bench/run.py") == "is the workload"
    assert refusal("bench/run.py", allow=("bench/*",)) == "is the workload"
    assert refusal("./bench/run.py") == "is the workload"


@pytest.mark.parametrize("path", ["README.md", "data.json", "pkg/core.c", "Makefile", "pkg/core"])
def test_what_is_no_python_source_is_refused(path: str) -> None:
    assert refusal(path) == "is not Python source"


def test_allow_names_all_that_may_be_changed() -> None:
    allow = ("pkg/hot/*", "*.c")

    assert refusal("pkg/hot/core.py", allow=allow) is None
    assert refusal("pkg/core.c", allow=allow) is None
    assert refusal("pkg/cold.py", allow=allow) == "is not among the files the task allows"


def test_allow_may_name_a_file_that_is_protected_by_default() -> None:
    assert refusal("setup.py", allow=("setup.py",)) is None
    assert (refusal("tests/test_a.py", allow=("setup.py",)) or "").startswith("belongs to tests")


def test_protect_wins_over_allow() -> None:
    assert refusal("pkg/core.py", protect=("pkg/c*",)) == "is protected by the task"
    assert refusal("pkg/core.py", protect=("pkg/c*",), allow=("pkg/*",)) == "is protected by the task"
    assert refusal("pkg/other.py", protect=("pkg/c*",), allow=("pkg/*",)) is None


def test_gates_go_from_cheap_to_dear() -> None:
    names = [gate.name for gate in GATES]

    assert names[:6] == ["scope", "integrity", "build", "reach", "equivalence", "tests"]
    assert names[6:] == ["replay", "effects", "generated"]


def verdict(outcome: Outcome = Outcome.FASTER, ratio: float = 1.5, **changes: Any) -> Verdict:
    interval = Interval(ratio=ratio, low=ratio * 0.9, high=ratio * 1.1)
    known: dict[str, Any] = {
        "outcome": outcome, "ratio": ratio, "low": interval.low, "high": interval.high, "confidence": 0.98,
        "min_speedup": 1.02, "engine": "ping-pong", "metric": "cpu", "clock": "process", "cpu": interval,
        "wall": interval, "first_call": None, "phases": {}, "moved": 0.0, "pairs": 5, "calls": 30,
        "seconds": 1.0, "peak_memory": (1, 1),
    }  # fmt: skip
    return Verdict(**{**known, **changes})


@pytest.mark.parametrize(
    ("given", "passes", "words"),
    [
        (verdict(), True, "1.500× [1.350, 1.650]"),
        (verdict(Outcome.NOT_FASTER, 0.9), False, "not faster: 0.900×"),
        (verdict(Outcome.INCONCLUSIVE, 1.03), False, "inconclusive: 1.030×"),
        (verdict(regressions=("peak memory rose",)), False, "but peak memory rose"),
        (verdict(differs="seed 3: x"), False, "outputs differed while it was timed: seed 3: x"),
        (verdict(Outcome.NOT_FASTER, 1.0, moved=0.8), False, "80% of the gain moved to another phase"),
    ],
)
def test_only_faster_without_regression_or_difference_passes(
    given: Verdict, passes: bool, words: str
) -> None:
    result = answer(given)

    assert result.passed is passes
    assert words in result.detail


def test_failing_tests_are_described_shortly() -> None:
    failing = {f"tests/test_a.py::test_{number}": "assert 1 == 2\n" + "x" * 5000 for number in range(9)}
    text = describe(
        Comparison(
            passed=0, failing=failing, flaky=(), not_reported=("gone",), still_failing=(), problem=None
        )
    )

    assert "tests/test_a.py::test_0: assert 1 == 2" in text
    assert "and 6 more fail" in text
    assert "1 passed at base and were not reported: gone" in text
    assert len(text) < 3000


GOOD = GateResult(gate="tests", passed=True)
BAD = GateResult(gate="tests", passed=False, detail="test_a fails")


def evidence(number: int, **changes: Any) -> Evidence:
    """Of a candidate that passed, unless `gates` says otherwise."""
    known = {"round": 1, "parent": None, "origin": "catalog", "failure": None}
    gates = changes.pop("gates", (GOOD,))
    ratio = changes.pop("ratio", 1.5)
    candidate = Candidate(
        id=number, summary=f"idea {number}", key=str(number), patch="", **{**known, **changes}
    )
    return Evidence(candidate=candidate, gates=gates, verdict=verdict(ratio=ratio))


def ids(found: list[Evidence]) -> list[int]:
    return [one.candidate.id for one in found]


def test_adopted_follows_parents_to_base() -> None:
    all_of_it = [evidence(1), evidence(2, round=2, parent=1), evidence(3, round=2, parent=1)]

    assert adopted(all_of_it, 3) == {1, 3}
    assert adopted(all_of_it, None) == set()


def test_leftovers_passed_in_the_last_round_and_were_not_kept() -> None:
    first = [evidence(1), evidence(2), evidence(3, gates=(BAD,))]

    assert ids(leftovers(first, 1)) == [2]
    assert leftovers([], None) == []


def test_leftovers_of_earlier_rounds_and_stacks_are_not_stacked_again() -> None:
    all_of_it = [
        evidence(1),
        evidence(2),
        evidence(3, round=2, parent=1, origin="stack"),
        evidence(4, round=2, parent=1),
        evidence(5, round=2, parent=1, failure="unusable", gates=()),
    ]

    assert ids(leftovers(all_of_it, 4)) == []
    assert ids(leftovers(all_of_it, 3)) == [4]


def test_what_the_judge_turned_down_is_not_left_over() -> None:
    opinion = Opinion(decision=Decision.REVISE, bottleneck="b", next_step="n", expected_gain=1.1)
    vetoed = evidence(2).model_copy(update={"opinion": opinion})

    assert leftovers([evidence(1), vetoed], 1) == []


def test_settled_is_all_but_what_passed_and_was_left_out() -> None:
    all_of_it = [
        evidence(1),
        evidence(2),
        evidence(3, gates=(BAD,)),
        evidence(4, gates=(), failure="no edit"),
    ]

    assert ids(settled(all_of_it, 1)) == [1, 3, 4]
    assert ids(settled(all_of_it, None)) == [3, 4]


def test_the_leader_is_the_fastest_that_passed() -> None:
    leader = leader_of([evidence(1, ratio=1.2), evidence(2, ratio=1.4), evidence(3, ratio=9.0, gates=(BAD,))])

    assert leader is not None
    assert leader.candidate.id == 2
    assert leader_of([evidence(3, gates=(BAD,))]) is None


@pytest.mark.parametrize(
    ("decision", "kept"), [(Decision.ACCEPT, True), (Decision.REVISE, False), (Decision.STOP, True)]
)
def test_the_leader_is_kept_unless_the_judge_turns_it_down(decision: Decision, kept: bool) -> None:
    opinion = Opinion(decision=decision, bottleneck="b", next_step="n", expected_gain=1.1)
    leader, other = evidence(1), evidence(2)

    assert mark(leader, leader, opinion).kept is kept
    assert mark(other, leader, opinion) == other
    assert mark(leader, leader, None).kept


def test_routes() -> None:
    assert after_propose({"pending": [{}]}) == "gates"
    assert after_propose({"pending": []}) == "finish"
    assert after_judge({"idle": 0}) == "profile"
    assert after_judge({"idle": 2}) == "propose"
    assert after_judge({"idle": 0, "stop_reason": "enough"}) == "finish"


def test_limits_end_the_search_in_the_right_words() -> None:
    assert stop_for_limits({"round": 1}, 2, None) == {}
    assert stop_for_limits({"round": 2}, 2, None) == {"stop_reason": "all 2 rounds are done"}
    assert stop_for_limits({"round": 1}, 2, "time is up") == {
        "stop_reason": "time is up",
        "out_of_budget": True,
    }
    assert stop_for_limits({"round": 2, "stop_reason": "the judge"}, 2, "time is up") == {}
