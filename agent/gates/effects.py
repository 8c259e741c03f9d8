"""Effects: what modules show to their importers, and what calls change beside their results."""

from __future__ import annotations

from hotloop.agent.equivalence.calls import CallProcess
from hotloop.agent.equivalence.effects import Effects, compare_effects
from hotloop.agent.equivalence.material import Material, changed_texts, material_of, read_text
from hotloop.agent.equivalence.overriding import no_longer_asked
from hotloop.agent.equivalence.surface import compare_surfaces, imported_names, module_name
from hotloop.agent.gates.base import Trial, failed, passed
from hotloop.agent.state import GateResult
from hotloop.profilers.engines.base import BASE, CANDIDATE, SideFailure, attributed
from hotloop.sandboxes.base import Sandbox

SHOWN = 20


class EffectsGate:
    """Fails for what base does not do and a caller could notice; the rest is evidence."""

    name = "effects"

    def check(self, trial: Trial) -> GateResult:
        material = material_of(trial)
        shop = trial.workshop
        modules = {
            name: path
            for path in material.paths
            if read_text(trial.against / path) is not None
            and (name := module_name(path, shop.roots)) is not None
        }
        if not modules:
            return passed(self.name, "no module of base changed")
        with shop.sandbox(trial.against) as base, shop.sandbox(trial.tree) as candidate:
            sandboxes = {BASE: base, CANDIDATE: candidate}
            try:
                found = self._compare(trial, sandboxes, material, modules)
            except SideFailure as broken:
                return failed(self.name, f"calls broke: {broken.of_candidate()}")
        facts = {
            "calls": found.compared,
            "changes": found.maybe[:SHOWN],
            "not_compared": found.not_compared[:SHOWN],
        }
        if found.certain:
            return failed(self.name, "; ".join(sorted(found.certain, key=len)[:3]), **facts)
        return passed(self.name, f"{found.compared} calls leave the same behind", **facts)

    def _compare(
        self, trial: Trial, sandboxes: dict[str, Sandbox], material: Material, modules: dict[str, str]
    ) -> Effects:
        found = compare_interfaces(trial, sandboxes, modules)
        found.maybe += no_longer_asked(*changed_texts(trial))
        if found.certain:
            return found
        seconds = trial.equivalence_seconds / 4
        effects = compare_effects(trial.workshop, sandboxes, material, list(modules), seconds)
        effects.maybe += found.maybe
        return effects


def compare_interfaces(trial: Trial, sandboxes: dict[str, Sandbox], modules: dict[str, str]) -> Effects:
    """Of each changed module, by name with its path."""
    found, seen = Effects(), {}
    for side, sandbox in sandboxes.items():
        with attributed(side):
            process = CallProcess(trial.workshop, sandbox, b"", slot=0)
            try:
                seen[side] = process.surface(list(modules))
                process.check_loaded()
            finally:
                process.close()
    for name, path in modules.items():
        imported = imported_names(read_text(trial.against / path))
        old, new = (seen[side].get(name) or {} for side in (BASE, CANDIDATE))
        certain, maybe = compare_surfaces(old, new, imported)
        found.certain += [f"{name}: {text}" for text in certain]
        found.maybe += [f"{name}: {text}" for text in maybe]
    return found
