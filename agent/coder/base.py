"""What every coder promises."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from hotloop.agent.state import Evidence, Hotspot, Opinion, Proposal

if TYPE_CHECKING:
    from hotloop.agent.tools.workspace import Workspace


@dataclass(frozen=True)
class ProposalContext:
    """What a coder may know. It never sees the machine, the clock or held-back inputs.

    tree: the best tree so far, to read. editable: whether a path (relative to
    the tree) may be changed. workload: source of the program that is timed.
    tried: everything proposed before, oldest first. best: the evidence of the
    candidate that `tree` holds, None when it is base. opinion: the judge's
    last word. budget: one paragraph on what is left. workspace: opens a place
    to work on one candidate with tools, given its slot, for coders that do.
    """

    tree: Path
    editable: Callable[[str], bool]
    workload: str
    hotspots: tuple[Hotspot, ...]
    tried: tuple[Evidence, ...] = ()
    best: Evidence | None = None
    opinion: Opinion | None = None
    budget: str = ""
    round: int = 1
    wanted: int = 1
    goal: str = ""
    notes: tuple[str, ...] = field(default=())
    workspace: Callable[[int], AbstractContextManager[Workspace]] | None = None


class Coder(Protocol):
    """Proposes changes; an empty list means that it has no more ideas."""

    @property
    def name(self) -> str: ...

    def propose(self, context: ProposalContext) -> list[Proposal]:
        """At most `context.wanted` proposals, none with the key of one already tried.

        Raises AgentError when a service it needs fails for good. A reply that
        cannot be used is a Proposal with `failure` set, never an exception.
        """
