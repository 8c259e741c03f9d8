"""Reach: a change that can touch next to nothing of the time is turned down before it costs anything."""

from __future__ import annotations

from pathlib import Path

from hotloop.agent.gates.base import Trial, failed, passed
from hotloop.agent.reach import SMALLEST, reach
from hotloop.agent.state import GateResult
from hotloop.repos.patch import touched_files
from hotloop.repos.paths import is_regular


class ReachGate:
    """Compares the functions that differ with the profile of the tree the candidate starts from.

    Fails only when all of them are known to be cheap and nothing leaves them that other
    code works on; where that is not sure, the share is evidence and no more.
    """

    name = "reach"

    def check(self, trial: Trial) -> GateResult:
        if not trial.hotspots:
            return passed(self.name, "no profile to compare with")
        paths = touched_files(trial.candidate.patch)
        found = reach(
            {path: _text(trial.against / path) for path in paths},
            {path: _text(trial.tree / path) for path in paths},
            trial.hotspots,
        )
        facts = {"share": round(found.share, 4), "open": found.open}
        if found.too_small:
            return failed(
                self.name,
                f"all that it changes takes {found.share:.1%} of the workload's time: it cannot gain "
                f"{SMALLEST:.0%}. Change what takes the time, or what calls it too often",
                **facts,
            )
        return passed(self.name, f"touches functions with {found.share:.1%} of the time", **facts)


def _text(place: Path) -> str | None:
    """None where there is no file."""
    return place.read_text("utf-8", "replace") if is_regular(place) else None
