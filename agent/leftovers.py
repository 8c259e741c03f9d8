"""What was faster and passed everything but was not the one kept: not lost, but stacked.

A round keeps its fastest candidate. The others were measured against the same
tree and often change other places, so the next round tries them together on
top of the one that was kept, as a candidate like any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hotloop.agent.state import Evidence, Proposal

ORIGIN = "stack"


def adopted(evidence: Sequence[Evidence], best: int | None) -> set[int]:
    """The best candidate and those it grew from."""
    by_id = {one.candidate.id: one for one in evidence}
    chain: set[int] = set()
    while best is not None:
        chain.add(best)
        best = by_id[best].candidate.parent
    return chain


def leftovers(evidence: Sequence[Evidence], best: int | None) -> list[Evidence]:
    """Of the last round: passed every gate, yet is not part of the best."""
    chain = adopted(evidence, best)
    last = max((one.candidate.round for one in evidence), default=0)
    return [
        one
        for one in evidence
        if one.candidate.round == last and one.passed and one.candidate.id not in chain and one.candidate.origin != ORIGIN
    ]


def settled(evidence: Sequence[Evidence], best: int | None) -> list[Evidence]:
    """What need not be proposed again: everything but what passed and was left out."""
    chain = adopted(evidence, best)
    return [one for one in evidence if not one.passed or one.candidate.id in chain]
