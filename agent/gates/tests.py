"""Tests: every test that passes at base is reported and passes with the patch."""

from __future__ import annotations

from hotloop.agent.gates.base import Trial, failed, passed
from hotloop.agent.state import GateResult
from hotloop.agent.testing import run_suite
from hotloop.repos.suites import Comparison, compare

SHOWN = 3
MESSAGE_LIMIT = 600


class TestsGate:
    """Runs the whole suite on a copy of the candidate's tree, in a fresh sandbox."""

    __test__ = False
    name = "tests"

    def check(self, trial: Trial) -> GateResult:
        shop = trial.workshop
        with (
            shop.scratch_copy(trial.tree, f"tests-{trial.stage}-{trial.candidate.id}") as tree,
            shop.sandbox(tree, writable=True) as sandbox,
        ):
            report = run_suite(shop, sandbox)
        comparison = compare(trial.baseline.tests, report)
        facts = {
            "passed": comparison.passed,
            "failed": len(comparison.failing),
            "flaky": len(comparison.flaky),
            "not_reported": len(comparison.not_reported),
        }
        if comparison.ok:
            return passed(self.name, f"{comparison.passed} passed", **facts)
        return failed(self.name, describe(comparison), **facts)


def describe(comparison: Comparison) -> str:
    """What went wrong, short enough to be read by whoever wrote the patch."""
    parts = [
        f"{name}: {' '.join(message.split())[:MESSAGE_LIMIT]}"
        for name, message in list(comparison.failing.items())[:SHOWN]
    ]
    if len(comparison.failing) > SHOWN:
        parts.append(f"and {len(comparison.failing) - SHOWN} more fail")
    if comparison.not_reported:
        shown = ", ".join(comparison.not_reported[:SHOWN])
        parts.append(f"{len(comparison.not_reported)} passed at base and were not reported: {shown}")
    if comparison.problem is not None:
        parts.append(comparison.problem)
    return "; ".join(parts)
