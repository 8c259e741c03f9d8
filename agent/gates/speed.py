"""Speed: the trusted clock says faster, by more than the task asks, and nothing else got worse."""

from __future__ import annotations

import time

from hotloop.agent.gates.base import Trial, failed, passed
from hotloop.agent.measuring import measure
from hotloop.agent.state import GateResult
from hotloop.profilers.engines.base import SideFailure
from hotloop.profilers.verdict import Outcome, Verdict

NAME = "speed"


def check_speed(trial: Trial) -> tuple[GateResult, Verdict | None]:
    """Measure the candidate against the tree it must beat; no verdict when it broke meanwhile."""
    begun = time.monotonic()
    try:
        verdict = measure(trial)
    except SideFailure as broken:
        return failed(NAME, f"the workload broke while it was timed: {broken.of_candidate()}"), None
    return answer(verdict).model_copy(update={"seconds": time.monotonic() - begun}), verdict


def answer(verdict: Verdict) -> GateResult:
    """A verdict as a gate's answer."""
    figures = f"{verdict.ratio:.3f}× [{verdict.low:.3f}, {verdict.high:.3f}]"
    if verdict.differs is not None:
        return failed(NAME, f"outputs differed while it was timed: {verdict.differs}")
    if verdict.regressions:
        return failed(NAME, f"{figures}, but {'; '.join(verdict.regressions)}")
    if verdict.outcome is Outcome.FASTER:
        return passed(NAME, figures)
    moved = f"; {verdict.moved:.0%} of the gain moved to another phase" if verdict.moved > 0 else ""
    word = "not faster" if verdict.outcome is Outcome.NOT_FASTER else "inconclusive"
    return failed(NAME, f"{word}: {figures}, {verdict.min_speedup:g} is asked for{moved}")
