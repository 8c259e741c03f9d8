"""Replay: calls that the workload and the tests make at base, made again on both sides."""

from __future__ import annotations

from hotloop.agent.equivalence.material import Material, material_of
from hotloop.agent.equivalence.replaying import replay
from hotloop.agent.gates.base import Trial, failed, passed
from hotloop.agent.state import GateResult
from hotloop.profilers.engines.base import BASE, CANDIDATE, SideFailure

SHOWN = 20
CALLED = ": what it does when called or awaited"
"""So ends what is not compared and may have been changed by the very patch."""


class ReplayGate:
    """Public functions that a change can be seen through must answer, raise and leave arguments as before."""

    name = "replay"

    def check(self, trial: Trial) -> GateResult:
        material = material_of(trial)
        shop = trial.workshop
        if not material.recording.calls:
            return passed(self.name, "no call to repeat", not_compared=unrecorded(material))
        with shop.sandbox(trial.against) as base, shop.sandbox(trial.tree) as candidate:
            try:
                found = replay(
                    shop,
                    {BASE: base, CANDIDATE: candidate},
                    material,
                    rng=trial.rng(self.name),
                    seconds=trial.equivalence_seconds,
                )
            except SideFailure as broken:
                return failed(self.name, f"calls broke: {broken.of_candidate()}")
        facts = {
            "calls": found.compared,
            "functions": [one.label for one in material.change.functions][:SHOWN],
            "not_compared": [*unrecorded(material), *found.not_compared][:SHOWN],
            "may_differ": found.unsure[:3],
            "by_name": [text for text in found.not_compared if text.endswith(CALLED)][:SHOWN],
        }
        if found.difference is not None:
            return failed(self.name, found.difference, **facts)
        return passed(self.name, f"{found.compared} recorded calls answer as before", **facts)


def unrecorded(material: Material) -> list[str]:
    """Functions that no recorded call reaches, with the reason where one is known."""
    recording, change = material.recording, material.change
    reached = {call.function for call in recording.calls}
    missed = [one.label for one in change.functions if one not in reached]
    found = [f"{label}: {recording.problems.get(label, 'never called')}" for label in missed]
    return [*found, *(f"{name}: reached from no public function" for name in change.unseen)]
