"""What every judge promises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from hotloop.agent.state import Evidence, Hotspot, Opinion


@dataclass(frozen=True)
class Review:
    """What a judge is shown of one round.

    evidence: this round's candidates, each with all its gates and verdict.
    leader: the fastest of those that passed every gate, if any; the only one
    that `accept` can mean. history: earlier rounds. hotspots: of the best tree.
    budget: one paragraph on what is left. idle_rounds: rounds in a row, this
    one included, that brought nothing better.
    """

    round: int
    evidence: tuple[Evidence, ...]
    leader: Evidence | None
    history: tuple[Evidence, ...]
    hotspots: tuple[Hotspot, ...]
    speedup_so_far: float
    budget: str
    idle_rounds: int


class Judge(Protocol):
    """Names exactly one bottleneck and one next step. It cannot pass what a gate rejected."""

    @property
    def name(self) -> str: ...

    def review(self, review: Review) -> Opinion:
        """Raises AgentError when a service it needs fails for good."""
