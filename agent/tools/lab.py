"""Where a draft runs: its tree, made as the gates make it, and everything that is shared by a round."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from hotloop.agent.baseline import Baseline
from hotloop.agent.gates.base import Gate, Trial
from hotloop.agent.gates.build import BuildGate
from hotloop.agent.gates.integrity import IntegrityGate
from hotloop.agent.gates.reach import ReachGate
from hotloop.agent.gates.scope import ScopeGate
from hotloop.agent.prompts.quoting import quote
from hotloop.agent.state import Candidate, Hotspot
from hotloop.agent.tools.base import Misuse
from hotloop.agent.tools.draft import Edits
from hotloop.agent.tools.quiet import Quiet
from hotloop.agent.workshop import Workshop
from hotloop.repos.patch import PatchError, extend_patch

BEFORE_SUBMITTING: tuple[Gate, ...] = (ScopeGate(), IntegrityGate(), BuildGate(), ReachGate())
"""The gates that take next to no time."""


@dataclass(frozen=True)
class Round:
    """What all drafts of one round start from. against: the best tree so far, built; earlier: its patch."""

    shop: Workshop
    baseline: Baseline
    hotspots: tuple[Hotspot, ...]
    against: Path
    earlier: str
    number: int
    quiet: Quiet = field(default_factory=Quiet)


@dataclass
class Lab:
    """One draft's place among them. place: a folder of its own."""

    shared: Round
    slot: int
    place: Path
    _built: Edits | None = None

    @property
    def shop(self) -> Workshop:
        return self.shared.shop

    def refused(self, edits: Edits) -> str | None:
        """Why the scope gate would refuse them."""
        try:
            trial = self.trial(edits)
        except PatchError as error:
            return str(error)
        result = ScopeGate().check(trial)
        return None if result.passed else result.detail

    def objection(self, edits: Edits, summary: str) -> str | None:
        """What the cheap gates have against them."""
        trial = self.trial(edits, summary)
        self._built = None  # the build gate makes the tree anew, whatever it was made of before
        for gate in BEFORE_SUBMITTING:
            result = gate.check(trial)
            if not result.passed:
                return f"the {gate.name} gate says:\n{quote(result.detail, 'its words')}"
        return None

    def tree(self, edits: Edits) -> Path:
        """The tree with `edits`, built; the best so far where there are none. Raises Misuse when it fails."""
        return self.built(edits).tree if edits else self.shared.against

    def built(self, edits: Edits) -> Trial:
        """Raises Misuse, with what failed."""
        trial = self.trial(edits)
        if self._built == edits and self.shop.trees.holds(trial.tree):
            return trial
        self._built = None
        result = BuildGate().check(trial)
        if not result.passed:
            raise Misuse(f"It does not build:\n{quote(result.detail, 'what failed')}")
        self._built = dict(edits)
        return trial

    def trial(self, edits: Edits, summary: str = "") -> Trial:
        """Raises PatchError. The candidate has a number that no real one has: one below 0."""
        shared = self.shared
        candidate = Candidate(
            id=-1 - self.slot,
            round=shared.number,
            parent=None,
            summary=summary,
            origin="draft",
            key="draft",
            patch=extend_patch(shared.shop.source_tree, shared.earlier, edits),
        )
        return Trial(
            candidate,
            shared.shop,
            shared.baseline,
            self.place / "tree",
            shared.against,
            hotspots=shared.hotspots,
        )
