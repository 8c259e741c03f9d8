from __future__ import annotations

from typing import Any

import pytest

from hotloop.agent.judge.base import Review
from hotloop.agent.judge.rules import RulesJudge, expected_gain
from hotloop.agent.state import Candidate, Decision, Evidence, GateResult, Hotspot
from hotloop.profilers.hotspots import amdahl_bound


def hotspot(function: str, own: float, total: float) -> Hotspot:
    return Hotspot(
        function=function,
        file="pkg/a.py",
        line=3,
        self_share=own,
        total_share=total,
        bound=amdahl_bound(total),
    )


def evidence(number: int, gate: str | None = None, detail: str = "") -> Evidence:
    candidate = Candidate(
        id=number, round=1, parent=None, summary="s", origin="catalog", key=str(number), patch="p"
    )
    passed = GateResult(gate="scope", passed=True)
    failed = (GateResult(gate=gate, passed=False, detail=detail),) if gate else ()
    return Evidence(candidate=candidate, gates=(passed, *failed))


def review(**update: Any) -> Review:
    values: dict[str, Any] = {
        "round": 1,
        "evidence": (),
        "leader": None,
        "history": (),
        "hotspots": (hotspot("slow", 0.5, 0.9), hotspot("slower", 0.2, 0.3)),
        "speedup_so_far": 1.0,
        "budget": "",
        "idle_rounds": 1,
    }
    return Review(**{**values, **update})


def test_a_leader_is_kept() -> None:
    leader = evidence(3)
    opinion = RulesJudge().review(review(evidence=(leader,), leader=leader, idle_rounds=0))
    assert opinion.decision is Decision.ACCEPT
    assert "candidate 3" in opinion.next_step


def finding(kind: str) -> dict[str, Any]:
    return {"kind": kind, "file": "pkg/a.py", "line": 7, "text": "x = y", "why": "it matters"}


def leader_with(gate: str, **facts: Any) -> Evidence:
    known = evidence(3)
    return known.model_copy(update={"gates": (GateResult(gate=gate, passed=True, facts=facts),)})


@pytest.mark.parametrize("spots", [(hotspot("slow", 0.5, 0.9),), ()])
def test_a_leader_whose_patch_looks_at_its_callers_is_turned_down(spots: tuple[Hotspot, ...]) -> None:
    leader = leader_with("integrity", findings=[finding("looks at stack frames")])
    opinion = RulesJudge().review(review(evidence=(leader,), leader=leader, hotspots=spots, idle_rounds=2))
    assert opinion.decision is Decision.REVISE
    assert opinion.next_step.startswith("Candidate 3 is turned down: looks at stack frames at pkg/a.py:7")


def test_what_is_no_fault_by_itself_is_named_and_the_leader_kept() -> None:
    for leader, words in (
        (leader_with("integrity", findings=[finding("keeps results from call to call")]), "keeps results"),
        (leader_with("replay", may_differ=["f(1): base gave 1"]), "may differ (replay gate): f(1)"),
        (leader_with("effects", changes=["a is new"]), "changes beside the result (effects gate): a is new"),
    ):
        opinion = RulesJudge().review(review(evidence=(leader,), leader=leader))
        assert opinion.decision is Decision.ACCEPT
        assert "Risks to look at: " + words in opinion.next_step


def test_without_a_leader_nothing_is_accepted() -> None:
    assert RulesJudge().review(review(evidence=(evidence(1, "tests"),))).decision is Decision.REVISE


def test_the_bottleneck_is_the_first_hotspot_with_both_its_shares() -> None:
    opinion = RulesJudge().review(review())
    assert opinion.bottleneck.startswith("slow (pkg/a.py:3): 50.0% of the time in its own lines, 90.0%")
    assert opinion.origin == "rules"


def test_the_next_step_turns_away_from_what_failed_most() -> None:
    failed = (
        evidence(1, "tests"),
        evidence(2, "equivalence", "returned [2],\nnot [1]"),
        evidence(3, "equivalence"),
    )
    step = RulesJudge().review(review(evidence=failed)).next_step
    assert step.startswith("2 of 3 failed the equivalence gate (returned [2], not [1])")
    assert "slow in pkg/a.py" in step


def test_a_gate_that_the_rules_do_not_know_is_named_all_the_same() -> None:
    assert "failed the lint gate" in RulesJudge().review(review(evidence=(evidence(1, "lint"),))).next_step


def test_unusable_replies_alone_leave_the_hotspot_as_the_next_step() -> None:
    lost = evidence(1).model_copy(update={"gates": ()})
    assert (
        RulesJudge().review(review(evidence=(lost,))).next_step
        == "Reduce the work that slow in pkg/a.py does."
    )


def test_two_rounds_without_anything_better_end_the_search() -> None:
    assert RulesJudge().review(review(idle_rounds=2)).decision is Decision.STOP


@pytest.mark.parametrize("hotspots", [(), (hotspot("tiny", 0.01, 0.015),)])
def test_nothing_that_matters_ends_the_search(hotspots: tuple[Hotspot, ...]) -> None:
    opinion = RulesJudge().review(review(hotspots=hotspots))
    assert opinion.decision is Decision.STOP
    assert opinion.expected_gain == 1.0


@pytest.mark.parametrize(("own", "gain"), [(0.0, 1.0), (0.5, 2.0), (0.75, 4.0), (0.95, 10.0), (1.0, 10.0)])
def test_the_gain_to_expect_is_the_amdahl_bound_of_its_own_lines_up_to_ten(own: float, gain: float) -> None:
    assert expected_gain(hotspot("f", own, 1.0)) == pytest.approx(gain)
