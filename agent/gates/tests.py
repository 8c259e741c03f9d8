"""Tests: every test that passes at base is reported and passes with the patch."""

from __future__ import annotations

from hotloop.agent.gates.base import Trial, failed, passed
from hotloop.agent.state import GateResult
from hotloop.agent.workshop import Workshop
from hotloop.repos.suites import Comparison, TestReport, compare

HASH_SEED = 1


class TestsGate:
    """Runs the whole suite on a copy of the candidate's tree, in a fresh sandbox."""

    name = "tests"

    def check(self, trial: Trial) -> GateResult:
        with trial.workshop.scratch_copy(trial.tree, f"tests-{trial.stage}-{trial.candidate.id}") as tree:
            with trial.workshop.sandbox(tree, writable=True) as sandbox:
                report = run_suite(trial.workshop, sandbox)
        comparison = compare(trial.baseline.tests, report)
        facts = counts(comparison)
        if comparison.ok:
            return passed(self.name, f"{facts['passed']} passed", **facts)
        return failed(self.name, describe(comparison, report), **facts)
