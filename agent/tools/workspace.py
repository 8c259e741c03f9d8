"""All that the tools of one conversation work on: a draft, where it runs, and what it said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from hotloop.agent.tools.draft import Draft
from hotloop.agent.tools.index import Index
from hotloop.agent.tools.lab import Lab, Round
from hotloop.agent.tools.outputs import Outputs
from hotloop.repos.patch import patched_texts


@dataclass
class Workspace:
    """tried: numbers of earlier candidates by the key of what they changed. submitted: what the
    model says of its finished change; None while it works on it."""

    draft: Draft
    index: Index
    lab: Lab
    tried: Mapping[str, int]
    outputs: Outputs = field(default_factory=Outputs)
    submitted: str | None = None

    @property
    def runs_commands(self) -> bool:
        """Only where they cannot see the machine's files, the run's among them."""
        return self.lab.shop.backend.capabilities.isolates_files


@contextmanager
def open_workspace(shared: Round, tried: Mapping[str, int], slot: int) -> Iterator[Workspace]:
    """A fresh one; its trees are gone afterwards."""
    shop = shared.shop
    lab = Lab(shared, slot, shop.folder.work / "drafts" / f"{shared.number}-{slot}")
    before = patched_texts(shop.source_tree, shared.earlier) if shared.earlier else {}
    draft = Draft(shop.source_tree, before, lab.refused)
    try:
        yield Workspace(draft, Index(draft, shop.roots), lab, tried)
    finally:
        shop.trees.remove(lab.place / "tree")
        shop.trees.remove(lab.place)
