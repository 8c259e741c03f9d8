"""What a candidate did to the tests."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from hotloop.repos.suites.report import TestOutcome, TestReport


class Comparison(BaseModel):
    """A candidate's run against the base's runs.

    passed: how many tests pass with the candidate, flaky ones apart. failing:
    tests that went well at base, or are new, and do not go well now, with what
    is known of each. not_reported: tests that passed at base and are absent.
    flaky: tests whose outcome differed between the base's runs; they are not
    judged. still_failing: tests that failed at base too. problem: why the
    candidate's run as a whole cannot be believed.
    """

    model_config = ConfigDict(frozen=True)

    passed: int
    failing: dict[str, str]
    not_reported: tuple[str, ...]
    flaky: tuple[str, ...]
    still_failing: tuple[str, ...]
    problem: str | None

    @property
    def ok(self) -> bool:
        return self.problem is None and not self.failing and not self.not_reported


def flaky_tests(runs: Sequence[TestReport]) -> tuple[str, ...]:
    """Tests that did not do the same in all `runs`, absence included."""
    names = dict.fromkeys(name for run in runs for name in run.outcomes)
    return tuple(name for name in names if len({run.outcomes.get(name) for run in runs}) > 1)


def compare(base_runs: Sequence[TestReport], candidate: TestReport) -> Comparison:
    """Compare with at least one run at base. Pure."""
    flaky = set(flaky_tests(base_runs))
    base = {name: outcome for name, outcome in base_runs[0].outcomes.items() if name not in flaky}
    now = {name: outcome for name, outcome in candidate.outcomes.items() if name not in flaky}
    worse = [name for name, outcome in now.items() if _is_worse(base.get(name), outcome)]
    return Comparison(
        passed=sum(outcome is TestOutcome.PASSED for outcome in now.values()),
        failing={name: candidate.failures.get(name) or f"is now {now[name]}" for name in worse},
        not_reported=tuple(
            name for name, outcome in base.items() if outcome is TestOutcome.PASSED and name not in now
        ),
        flaky=tuple(sorted(flaky)),
        still_failing=tuple(name for name, outcome in now.items() if outcome.is_bad and name not in worse),
        problem=_problem(base_runs, candidate),
    )


def _is_worse(before: TestOutcome | None, now: TestOutcome) -> bool:
    """Passing is not the same as being skipped: a patch may make a test skip itself."""
    if before is TestOutcome.PASSED:
        return now not in {TestOutcome.PASSED, TestOutcome.XPASSED}
    return now.is_bad and not (before is not None and before.is_bad)


def _problem(base_runs: Sequence[TestReport], candidate: TestReport) -> str | None:
    """An exit code that base had too, with no test failing either, says nothing of the candidate."""
    ended = not candidate.timed_out and candidate.complete and candidate.outcomes
    same_code = any(run.exit_code == candidate.exit_code and not run.failures for run in base_runs)
    problem = None if ended and same_code else candidate.problem
    return problem or _new_anomaly(base_runs, candidate)


def _new_anomaly(base_runs: Sequence[TestReport], candidate: TestReport) -> str | None:
    known = {anomaly for run in base_runs for anomaly in run.anomalies}
    new = [anomaly for anomaly in candidate.anomalies if anomaly not in known]
    return f"{'; '.join(new[:3])} (not so at base)" if new else None
