"""The tests that a change can reach, run before the others, and the changed lines that nothing runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hotloop.agent.coverage import Changed, Selection, affordable, choose, not_executed
from hotloop.agent.gates.base import Trial
from hotloop.agent.testing import run_in_copy
from hotloop.profilers.command import CommandWorkload
from hotloop.profilers.engines.base import SEED_LIMIT
from hotloop.repos.suites import Traced, workload_lines


@dataclass(frozen=True)
class First:
    """ran: how many tests. failing: of those that pass at base in the same selection, with what
    is known of each. other_order: some failed at base, too. traced: which lines ran, where all
    tests that can reach the change ran to their end."""

    ran: int = 0
    failing: dict[str, str] = field(default_factory=dict)
    other_order: bool = False
    traced: Traced | None = None


def run_first(trial: Trial, tree: Path, change: Changed, name: str) -> First:
    """Run the tests that enter what changed, up to the first failure.

    What fails is run at base in the same selection: where it fails there as well, the order
    is to blame and says nothing of the candidate.
    """
    chosen = selection(trial, change)
    if chosen is None or not chosen.tests:
        return First()
    shop = trial.workshop
    report = run_in_copy(shop, tree, name, select=chosen.tests, stop=True, trace=tuple(change.lines))
    failing = {test: text for test, text in report.failures.items() if _counts(test, chosen, trial)}
    if not failing:
        whole = chosen.whole and report.complete and set(chosen.tests) <= set(report.passed)
        return First(len(report.outcomes), traced=report.traced if whole else None)
    base = run_in_copy(shop, shop.base_tree, name, select=chosen.tests, stop=True)
    good = {
        *base.passed,
        *(test for test in failing if test not in chosen.tests and test not in base.outcomes),
    }
    worse = {test: text for test, text in failing.items() if test in good}
    return First(len(report.outcomes), worse, other_order=not worse)


def _counts(test: str, chosen: Selection, trial: Trial) -> bool:
    """A chosen test, or what base's runs do not know: a file that cannot be imported any more."""
    return test in chosen.tests or all(test not in run.outcomes for run in trial.baseline.tests)


def selection(trial: Trial, change: Changed) -> Selection | None:
    """None where it is unknown which tests run what."""
    traced = trial.workshop.coverage
    if traced is None or not change.spans:
        return None
    most = affordable(traced) if trial.stage == "search" else None
    steady = frozenset.intersection(*(frozenset(run.passed) for run in trial.baseline.tests))
    return choose(steady, traced, change, most=most)


def missed_lines(trial: Trial, tree: Path, change: Changed, first: First) -> tuple[str, ...] | None:
    """Added lines that neither a test nor the workload executes; None where that is unknown."""
    if first.traced is None:
        return None
    workload = _workload_lines(trial, tree, change)
    if workload is None and not isinstance(trial.workshop.workload, CommandWorkload):
        return None
    return not_executed(change, [first.traced, *([workload] if workload is not None else [])])


def _workload_lines(trial: Trial, tree: Path, change: Changed) -> Traced | None:
    shop = trial.workshop
    if isinstance(shop.workload, CommandWorkload):
        return None
    with shop.sandbox(tree) as sandbox:
        return workload_lines(
            sandbox,
            shop.workload.request(sandbox),
            change.lines,
            seed=trial.rng("lines").randrange(SEED_LIMIT),
            timeout=3 * shop.settings.call_timeout,
        )


def remarks(trial: Trial, first: First, missed: tuple[str, ...] | None) -> Iterator[str]:
    """What the user should know, one line each."""
    by = "any test" if isinstance(trial.workshop.workload, CommandWorkload) else "any test or the workload"
    if missed:
        more = f" and {len(missed) - 10} more" if len(missed) > 10 else ""
        yield f"changed lines not executed by {by}: {', '.join(missed[:10])}{more}"
    if first.other_order:
        yield "tests that enter what changed fail when they run first, at base too: the usual order decides"
