"""What gates saw and could not hold against a candidate: for the judge, and for whoever reads the report."""

from __future__ import annotations

from collections.abc import Iterable

from hotloop.agent.state import GateResult

KINDS = {
    "may_differ": "may differ",
    "changes": "changes beside the result",
    "by_name": "not compared",
}
"""By the fact's name, what it says."""
MOST = 20


def doubts_of(gates: Iterable[GateResult]) -> list[str]:
    """One line each, with the gate that says it, in their order. Texts of the target, unbounded in width."""
    found = [
        f"{words} ({gate.gate} gate): {text}"
        for gate in gates
        for fact, words in KINDS.items()
        for text in gate.facts.get(fact, ())
    ]
    return list(dict.fromkeys(found))[:MOST]
