"""Integrity: what the patch adds is looked at before anything of it runs."""

from __future__ import annotations

from hotloop.agent.gates.base import Trial, failed, passed
from hotloop.agent.integrity import look
from hotloop.agent.integrity.finding import FACT
from hotloop.agent.state import GateResult
from hotloop.repos.diff import parse_patch
from hotloop.repos.patch import PatchError, patched_texts
from hotloop.repos.paths import is_regular

SHOWN = 3


class IntegrityGate:
    """Reads syntax trees of base's files and of the patch's; runs nothing and needs no tree.

    Rejects only for what no honest speed-up of this code does. The rest is in `facts`,
    for the judge and for whoever reads the report.
    """

    name = "integrity"

    def check(self, trial: Trial) -> GateResult:
        base, patch = trial.workshop.source_tree, trial.candidate.patch
        try:
            after = patched_texts(base, patch)
        except PatchError:
            return passed(self.name, "not read: the patch does not apply, which the build gate explains")
        before = {
            path: (base / path).read_text("utf-8", "replace") if is_regular(base / path) else None
            for path in after
        }
        added = {change.path: frozenset(change.new_lines) for change in parse_patch(patch)}
        findings = look(before, after, summary=trial.candidate.summary, changed=added)
        facts = {FACT: [one.model_dump() for one in findings]}
        certain = [one for one in findings if one.certain]
        if certain:
            more = f"; and {len(certain) - SHOWN} more" if len(certain) > SHOWN else ""
            return failed(self.name, "; ".join(one.words for one in certain[:SHOWN]) + more, **facts)
        said = f"{len(findings)} thing(s) for a reviewer to look at" if findings else "nothing to look at"
        return passed(self.name, said, **facts)
