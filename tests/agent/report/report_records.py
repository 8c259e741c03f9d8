"""Records for the tests of the renderers."""

from __future__ import annotations

from hotloop.agent.result import (
    CandidateRow,
    RunRecord,
    RunResult,
    Speedup,
    Status,
    TestCounts,
)
from hotloop.agent.state import Candidate, Decision, Evidence, GateResult, Opinion, Spent
from hotloop.profilers.profile import Hotspot
from hotloop.profilers.verdict import Interval, NoiseFloor, Outcome, PhaseCost, Verdict

PATCH = """\
diff --git a/lectern/index.py b/lectern/index.py
--- a/lectern/index.py
+++ b/lectern/index.py
@@ -10,3 +10,4 @@
 def build(words):
-    return [word for word in words if word in STOP]
+    stop = frozenset(STOP)
+    return [word for word in words if word in stop]
"""


def verdict(ratio: float = 1.421, outcome: Outcome = Outcome.FASTER) -> Verdict:
    one = Interval(ratio=ratio, low=ratio - 0.02, high=ratio + 0.02)
    return Verdict(
        outcome=outcome,
        ratio=one.ratio,
        low=one.low,
        high=one.high,
        confidence=0.98,
        min_speedup=1.02,
        engine="ping-pong",
        metric="cpu",
        clock="cgroup-v2",
        cpu=one,
        wall=one,
        first_call=Interval(ratio=1.39, low=1.31, high=1.47),
        phases={
            "import": PhaseCost(base_ns=81e6, candidate_ns=82e6),
            "call": PhaseCost(base_ns=14.2e6, candidate_ns=10.0e6),
        },
        moved=0.013,
        pairs=7,
        calls=210,
        seconds=21.4,
        peak_memory=(48 << 20, 49 << 20),
        notes=("one core was shared with another program",),
    )


def spot(function: str = "build", share: float = 0.41) -> Hotspot:
    return Hotspot(
        function=function,
        file="lectern/index.py",
        line=10,
        self_share=share / 2,
        total_share=share,
        bound=1 / (1 - share),
    )


def candidate(number: int, parent: int | None = None, **fields: object) -> Candidate:
    usual: dict[str, object] = {
        "round": 1,
        "summary": f"membership in a set, step {number}",
        "origin": "catalog:set-membership",
        "key": f"key-{number}",
        "patch": PATCH,
    }
    return Candidate.model_validate({"id": number, "parent": parent, **usual, **fields})


def evidence() -> tuple[Evidence, ...]:
    passed = tuple(GateResult(gate=name, passed=True, seconds=1.5) for name in ("scope", "tests", "speed"))
    accept = Opinion(
        decision=Decision.ACCEPT,
        bottleneck="tokenizing",
        next_step="hoist the pattern",
        expected_gain=1.1,
    )
    broken = GateResult(gate="tests", passed=False, detail="tests/test_index.py::test_order failed")
    slow = GateResult(gate="speed", passed=False, detail="1.001 [0.998, 1.004] does not exceed 1.02")
    return (
        Evidence(candidate=candidate(1), gates=passed, verdict=verdict(1.2), opinion=accept, kept=True),
        Evidence(candidate=candidate(2, 1), gates=(*passed[:1], broken)),
        Evidence(
            candidate=candidate(3, 1), gates=(*passed[:2], slow), verdict=verdict(1.001, Outcome.NOT_FASTER)
        ),
        Evidence(candidate=candidate(4, failure="the reply was cut off")),
        Evidence(
            candidate=candidate(5, 1, round=2), gates=passed, verdict=verdict(1.43), opinion=accept, kept=True
        ),
    )


def improved(**fields: object) -> RunRecord:
    found = evidence()
    result = RunResult(
        run_id="20260101-000000-abcdef",
        status=Status.IMPROVED,
        speedup=Speedup.of(verdict()),
        patch="/work/run/patch.diff",
        tests=TestCounts(passed=120, flaky=1),
        cost=Spent(usd=0.0312, turns=4, prompt_tokens=20_000, completion_tokens=1_500, wall_seconds=301),
        candidates=tuple(CandidateRow.of(one) for one in found),
        report="/work/run/report.md",
    )
    usual: dict[str, object] = {
        "result": result,
        "created": "2026-01-01T00:00:00Z",
        "repo": "/home/me/lectern",
        "commit": "0" * 40,
        "settings": {"workload": "bench.py", "max_cost": 1.0, "rounds": 8, "tolerance": 0.5},
        "origins": {"workload": "flag", "max_cost": "environment", "tolerance": "hotloop.toml"},
        "versions": {"hotloop": "0.1.0", "python": "3.11.7"},
        "machine": {"cpu": "AMD EPYC", "cores": 2, "load_average": [0.1, 0.2, 0.3], "smt": False},
        "sandbox": "local",
        "coder": "catalog",
        "noise": NoiseFloor(
            interval=Interval(ratio=1.0004, low=0.997, high=1.0031),
            spread=0.004,
            pairs=8,
            pair_seconds=1.0,
            budget_seconds=40.0,
            detectable=1.006,
            engine="ping-pong",
            clock="cgroup-v2",
            call_ns=14.2e6,
        ),
        "hotspots_before": (spot(), spot("tokenize", 0.3)),
        "hotspots_after": (spot(share=0.12),),
        "evidence": found,
        "winner": 5,
        "verdict": verdict(),
        "final_gates": found[4].gates,
        "patch_text": PATCH,
        "stop_reason": "the rounds were used up",
        "not_compared": ("result.cache: objects of type _io.StringIO",),
    }
    return RunRecord.model_validate({**usual, **fields})


def without_improvement(**fields: object) -> RunRecord:
    result = RunResult(run_id="20260101-000000-abcdef", status=Status.NO_IMPROVEMENT)
    usual: dict[str, object] = {
        "result": result,
        "created": "2026-01-01T00:00:00Z",
        "repo": "/home/me/lectern",
        "stop_reason": "the catalog has no more ideas",
    }
    return RunRecord.model_validate({**usual, **fields})
