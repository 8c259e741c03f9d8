"""Tests: every test that passes at base is reported and passes with the patch."""

from __future__ import annotations

from hotloop.agent.coverage import changed
from hotloop.agent.gates.base import Trial, failed, passed
from hotloop.agent.gates.first import missed_lines, remarks, run_first
from hotloop.agent.gates.pristine import test_tree
from hotloop.agent.state import GateResult
from hotloop.agent.testing import run_in_copy
from hotloop.repos.suites import Comparison, compare

SHOWN = 3
LISTED = 50
MESSAGE_LIMIT = 600


class TestsGate:
    """Runs the suite on base's tests and the candidate's sources, in fresh sandboxes.

    The tests that enter a changed function come first and end it at the first failure; then
    the whole suite runs in its usual order, and nothing passes without it.
    """

    __test__ = False
    name = "tests"

    def check(self, trial: Trial) -> GateResult:
        shop = trial.workshop
        place = f"tests-{trial.stage}-{trial.candidate.id}"
        with test_tree(trial, place) as (tree, left_out):
            change = changed(trial.candidate.patch, shop.source_tree, tree)
            first = run_first(trial, tree, change, f"{place}-first")
            if first.failing:
                comparison = stopped(first.failing)
            else:
                comparison = compare(trial.baseline.tests, run_in_copy(shop, tree, f"{place}-all"))
            missed = missed_lines(trial, tree, change, first) if comparison.ok else None
        facts = {
            "passed": comparison.passed,
            "failed": len(comparison.failing),
            "flaky": len(comparison.flaky),
            "not_reported": len(comparison.not_reported),
            "ran_first": first.ran,
            "left_out": list(left_out),
            "not_executed": None if missed is None else list(missed[:LISTED]),
            "notes": list(remarks(trial, first, missed)),
        }
        if comparison.ok:
            return passed(self.name, f"{comparison.passed} passed", **facts)
        return failed(self.name, describe(comparison, left_out), **facts)


def stopped(failing: dict[str, str]) -> Comparison:
    """Of a run that ended at the first failure: what else there is to say is not known."""
    return Comparison(passed=0, failing=failing, flaky=(), not_reported=(), still_failing=(), problem=None)


def describe(comparison: Comparison, left_out: tuple[str, ...] = ()) -> str:
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
    if comparison.problem is not None and not comparison.failing:
        parts.append(comparison.problem)
    if left_out:
        parts.append(f"the tests ran without the patch's {', '.join(left_out[:SHOWN])}")
    return "; ".join(parts)
