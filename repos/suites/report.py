"""What a run of a test suite said."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class TestOutcome(StrEnum):
    """xfailed: failed as expected; xpassed: was expected to fail and did not."""

    __test__ = False

    PASSED = "passed"
    XPASSED = "xpassed"
    XFAILED = "xfailed"
    SKIPPED = "skipped"
    FAILED = "failed"
    ERROR = "error"

    @property
    def is_bad(self) -> bool:
        return self in {TestOutcome.FAILED, TestOutcome.ERROR}


SEVERITY = {outcome: rank for rank, outcome in enumerate(TestOutcome)}
"""A test reports several phases; the gravest is its outcome."""


class Traced(BaseModel):
    """What ran in each test.

    places: (file relative to the tree, line). ran: numbers of `places`, by test id; what
    ran while tests were collected, imports above all, is under "". seconds: by test id,
    slowed down by being traced. executable: lines that hold code, by file, of the files whose
    lines were asked for. whole: nothing was left out for its size.
    """

    model_config = ConfigDict(frozen=True)

    places: tuple[tuple[str, int], ...] = ()
    ran: dict[str, tuple[int, ...]] = {}
    seconds: dict[str, float] = {}
    executable: dict[str, tuple[int, ...]] = {}
    whole: bool = True


class TestReport(BaseModel):
    """One run of a suite.

    outcomes: by test id. failures: for each test that failed, its message and
    place, 2 KB at most. seconds: wall clock. complete: the reporter's last
    word arrived and agrees with all else. anomalies: what an honest run of most
    suites does not do, such as to change the test framework. tail: the end of what
    was printed.
    """

    __test__: ClassVar[bool] = False

    model_config = ConfigDict(frozen=True)

    outcomes: dict[str, TestOutcome]
    failures: dict[str, str] = {}
    seconds: float
    exit_code: int
    timed_out: bool = False
    complete: bool = True
    anomalies: tuple[str, ...] = ()
    traced: Traced | None = None
    tail: str = ""

    @property
    def passed(self) -> tuple[str, ...]:
        return tuple(name for name, outcome in self.outcomes.items() if outcome is TestOutcome.PASSED)

    @property
    def problem(self) -> str | None:
        """Why this run as a whole cannot be believed; None when it can, whatever its tests did."""
        if self.timed_out:
            return f"the tests did not end within {self.seconds:.0f} s"
        if self.exit_code < 0:
            return f"the tests were ended by signal {-self.exit_code}"
        if not self.complete:
            return f"the tests stopped in the middle (exit code {self.exit_code})"
        if self.exit_code != 0 and not self.failures and self.outcomes:
            return f"no test failed, yet the exit code is {self.exit_code}"
        return None if self.outcomes else "no test was reported"


def gravest(outcomes: Iterable[TestOutcome]) -> TestOutcome:
    return max(outcomes, key=SEVERITY.__getitem__)
