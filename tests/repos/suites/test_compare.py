from __future__ import annotations

from typing import Any

import pytest

from hotloop.repos.suites import TestReport, compare, flaky_tests


def report(*, exit_code: int | None = None, **outcomes: Any) -> TestReport:
    extra = {key: outcomes.pop(key) for key in ("timed_out", "complete") if key in outcomes}
    failures = {name: f"{name} broke" for name, outcome in outcomes.items() if outcome in {"failed", "error"}}
    code = exit_code if exit_code is not None else int(bool(failures))
    return TestReport(outcomes=outcomes, failures=failures, seconds=1.0, exit_code=code, **extra)


BASE = [report(a="passed", b="passed", s="skipped", x="xfailed")] * 2


def test_the_same_again_is_fine() -> None:
    comparison = compare(BASE, BASE[0])
    assert comparison.ok
    assert comparison.passed == 2
    assert (comparison.flaky, comparison.not_reported, comparison.failing) == ((), (), {})


def test_a_new_test_that_passes_is_fine() -> None:
    assert compare(BASE, report(a="passed", b="passed", c="passed")).ok


@pytest.mark.parametrize("outcome", ["failed", "error", "skipped", "xfailed"])
def test_a_test_that_passed_must_pass(outcome: str) -> None:
    comparison = compare(BASE, report(a="passed", b=outcome))
    assert not comparison.ok
    assert list(comparison.failing) == ["b"]
    assert comparison.passed == 1


@pytest.mark.parametrize("name", ["s", "x", "new"])
def test_a_failure_of_a_skipped_an_expected_or_a_new_test_counts(name: str) -> None:
    comparison = compare(BASE, report(**{"a": "passed", "b": "passed", name: "error"}))
    assert comparison.failing == {name: f"{name} broke"}


def test_a_test_that_is_not_reported_is_a_failure() -> None:
    comparison = compare(BASE, report(a="passed"))
    assert comparison.not_reported == ("b",)
    assert not comparison.ok


def test_a_flaky_test_is_said_so_and_not_judged() -> None:
    base = [report(a="passed", f="passed"), report(a="passed", f="failed")]
    assert flaky_tests(base) == ("f",)
    for outcome in ("passed", "failed", "error"):
        comparison = compare(base, report(a="passed", f=outcome))
        assert comparison.ok
        assert comparison.flaky == ("f",)
        assert comparison.passed == 1
    assert compare(base, report(a="passed")).ok


def test_a_test_that_one_base_run_lacks_is_flaky() -> None:
    assert flaky_tests([report(a="passed", b="passed"), report(a="passed")]) == ("b",)


def test_a_test_that_failed_at_base_is_no_new_failure() -> None:
    base = [report(a="passed", k="failed")]
    comparison = compare(base, report(a="passed", k="failed"))
    assert comparison.ok
    assert comparison.still_failing == ("k",)
    assert compare(base, report(a="passed", k="passed")).ok


@pytest.mark.parametrize(
    ("spoiled", "why"),
    [
        ({"timed_out": True, "exit_code": -9}, "did not end"),
        ({"complete": False, "exit_code": 0}, "in the middle"),
        ({"exit_code": -11}, "signal 11"),
        ({"exit_code": 2}, "no test failed, yet"),
    ],
)
def test_a_run_that_cannot_be_believed_fails_though_all_passed(spoiled: dict[str, Any], why: str) -> None:
    comparison = compare(BASE, report(a="passed", b="passed", s="skipped", x="xfailed", **spoiled))
    assert why in (comparison.problem or "")
    assert not comparison.ok


def test_an_empty_run_fails() -> None:
    comparison = compare(BASE, report(exit_code=0))
    assert comparison.problem == "no test was reported"
    assert not comparison.ok


def test_an_exit_code_that_base_has_too_is_no_reason() -> None:
    """A coverage threshold, for example, that the project misses anyway."""
    base = [report(a="passed", exit_code=2)]
    assert compare(base, report(a="passed", exit_code=2)).ok
    assert not compare(base, report(a="passed", exit_code=3)).ok
    assert not compare(base, report(a="passed", exit_code=2, complete=False)).ok
