from __future__ import annotations

from collections.abc import Callable

import pytest

from hotloop.repos.suites import TestReport

EVERYTHING = """
import unittest

class Case(unittest.TestCase):
    def test_passes(self): pass
    def test_fails(self): self.assertEqual(1, 2, "sums")
    def test_breaks(self): raise RuntimeError("broken")
    @unittest.skip("not now")
    def test_skipped(self): pass
    @unittest.expectedFailure
    def test_expected(self): self.fail()
    @unittest.expectedFailure
    def test_surprise(self): pass
    def test_subtests(self):
        for i in range(3):
            with self.subTest(i=i):
                self.assertNotEqual(i, 1)

class Unset(unittest.TestCase):
    @classmethod
    def setUpClass(cls): raise RuntimeError("no set-up")
    def test_never(self): pass
"""


def test_every_outcome_is_reported_by_id(run_suite: Callable[..., TestReport]) -> None:
    report = run_suite("python -m unittest", {"test_a.py": EVERYTHING})
    outcomes = {name.removeprefix("test_a."): str(outcome) for name, outcome in report.outcomes.items()}
    subtests = {
        name: outcomes.pop(name) for name in list(outcomes) if name.startswith("Case.test_subtests (")
    }
    assert subtests["Case.test_subtests (i=1)"] == "failed"
    assert outcomes == {
        "Case.test_passes": "passed",
        "Case.test_fails": "failed",
        "Case.test_breaks": "error",
        "Case.test_skipped": "skipped",
        "Case.test_expected": "xfailed",
        "Case.test_surprise": "failed",
        "Case.test_subtests": "failed",
        "setUpClass (test_a.Unset)": "error",
    }
    assert "sums" in report.failures["test_a.Case.test_fails"]
    assert (report.exit_code, report.problem) == (1, None)


@pytest.mark.parametrize(
    "command",
    [
        "python -m unittest",
        "python3 -m unittest discover -s tests -t . -v",
        "python -m unittest tests.test_a",
        "python -m unittest tests.test_a.Case.test_a",
        "python -m unittest -k test_a -b -f",
        "python -m unittest tests/test_a.py",
    ],
)
def test_the_users_arguments_are_kept(run_suite: Callable[..., TestReport], command: str) -> None:
    text = "import unittest\nclass Case(unittest.TestCase):\n    def test_a(self): pass\n"
    report = run_suite(command, {"tests/__init__.py": "", "tests/test_a.py": text})
    assert report.outcomes == {"tests.test_a.Case.test_a": "passed"}
    assert report.problem is None


def test_only_selected_tests_run(run_suite: Callable[..., TestReport]) -> None:
    report = run_suite("python -m unittest", {"test_a.py": EVERYTHING}, select=["test_a.Case.test_passes"])
    assert report.outcomes == {"test_a.Case.test_passes": "passed"}


def test_a_module_that_cannot_be_imported_is_an_error(run_suite: Callable[..., TestReport]) -> None:
    report = run_suite("python -m unittest", {"test_a.py": "import nothing_like_this\n"})
    assert [str(outcome) for outcome in report.outcomes.values()] == ["error"]
    assert "nothing_like_this" in next(iter(report.failures.values()))


def test_a_run_that_ends_by_itself_is_not_believed(run_suite: Callable[..., TestReport]) -> None:
    text = "import os, unittest\nclass Case(unittest.TestCase):\n    def test_a(self): os._exit(0)\n"
    assert "stopped in the middle" in (run_suite("python -m unittest", {"test_a.py": text}).problem or "")
