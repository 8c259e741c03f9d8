"""test: the tests that enter what was changed; all of them when asked for."""

from __future__ import annotations

from pydantic import Field

from hotloop.agent.coverage import changed
from hotloop.agent.gates.first import First, run_first
from hotloop.agent.gates.pristine import test_tree
from hotloop.agent.gates.tests import describe, stopped
from hotloop.agent.testing import run_in_copy
from hotloop.agent.tools.base import Arguments, Misuse, Tool
from hotloop.agent.tools.workspace import Workspace
from hotloop.repos.suites import compare


class Asked(Arguments):
    all: bool = Field(default=False, description="Also the tests that enter nothing of what you changed.")


def check(place: Workspace, asked: Asked) -> str:
    """Which fail that pass without the edits, and why."""
    if not place.draft.edits:
        raise Misuse("Nothing is changed yet: the tests pass as they are. Use edit first.")
    lab = place.lab
    trial = lab.built(place.draft.edits)
    name = f"draft-{lab.shared.number}-{lab.slot}"
    with lab.shared.quiet.busy(), test_tree(trial, name) as (tree, left_out):
        change = changed(trial.candidate.patch, lab.shop.source_tree, tree)
        first = run_first(trial, tree, change, f"{name}-first")
        if first.failing:
            told = describe(stopped(first.failing), left_out)
            return f"FAILED, of the tests that enter what you changed\n{place.outputs.show(told, 'failures')}"
        if first.ran and not asked.all:
            return _passed(first)
        comparison = compare(trial.baseline.tests, run_in_copy(lab.shop, tree, f"{name}-all"))
    if comparison.ok:
        return f"All {comparison.passed} tests pass."
    return f"FAILED, of all tests\n{place.outputs.show(describe(comparison, left_out), 'failures')}"


def _passed(first: First) -> str:
    order = " (some fail in this order, without the edits too)" if first.other_order else ""
    return f"The tests that enter what you changed pass ({first.ran}){order}. The others were not run."


TEST = Tool(
    name="test",
    description="Runs the tests that enter what you changed, or all, and shows those that fail now.",
    arguments=Asked,
    use=check,
    example={"all": False},
)
