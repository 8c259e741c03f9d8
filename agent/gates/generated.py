"""Generated: inputs that nobody chose, old against new, with the smallest that tells them apart."""

from __future__ import annotations

from hotloop.agent.equivalence.material import material_of
from hotloop.agent.gates.base import Trial, failed, passed
from hotloop.agent.state import GateResult
from hotloop.profilers.engines.base import BASE, CANDIDATE, SideFailure

SHOWN = 20


class GeneratedGate:
    """Varies the plain data among recorded arguments. The stage decides where chance begins."""

    name = "generated"

    def check(self, trial: Trial) -> GateResult:
        from hotloop.agent.equivalence.generating import generate  # noqa: PLC0415  (Hypothesis loads slowly)

        material = material_of(trial)
        shop = trial.workshop
        if not material.recording.calls:
            return passed(self.name, "no recorded call to start from")
        with shop.sandbox(trial.against) as base, shop.sandbox(trial.tree) as candidate:
            try:
                found = generate(
                    shop,
                    {BASE: base, CANDIDATE: candidate},
                    material,
                    start=trial.rng(self.name).randrange(1 << 32),
                    seconds=trial.equivalence_seconds,
                )
            except SideFailure as broken:
                return failed(self.name, f"calls broke: {broken.of_candidate()}")
        facts = {
            "tried": found.tried,
            "counted": found.counted,
            "largest": found.largest,
            "not_compared": found.not_generated[:SHOWN],
            "may_differ": found.unsure[:3],
        }
        if found.difference is not None:
            return failed(self.name, found.difference, **facts)
        most = max(found.largest.values(), default=0)
        size = f", the largest of {most} items" if most else ""
        return passed(self.name, f"equal on {found.counted} generated inputs{size}", **facts)
