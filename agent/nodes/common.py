"""What several nodes read from the state."""

from __future__ import annotations

from pathlib import Path

from hotloop.agent.state import Evidence, Hotspot, Opinion, RunState
from hotloop.agent.workshop import Workshop


def all_evidence(state: RunState) -> list[Evidence]:
    """Of finished rounds, oldest first."""
    return [Evidence.model_validate(entry) for entry in state.get("evidence", [])]


def pending(state: RunState) -> list[Evidence]:
    """Of the round under way."""
    return [Evidence.model_validate(entry) for entry in state.get("pending", [])]


def dump(evidence: list[Evidence]) -> list[dict[str, object]]:
    return [one.model_dump(mode="json") for one in evidence]


def best_evidence(state: RunState) -> Evidence | None:
    """Of the candidate that is kept so far."""
    best = state.get("best")
    return (
        next((one for one in all_evidence(state) if one.candidate.id == best), None)
        if best is not None
        else None
    )


def current_hotspots(state: RunState) -> tuple[Hotspot, ...]:
    return tuple(Hotspot.model_validate(entry) for entry in state.get("hotspots", []))


def last_opinion(state: RunState) -> Opinion | None:
    opinion = state.get("opinion")
    return Opinion.model_validate(opinion) if opinion is not None else None


def best_tree(state: RunState, shop: Workshop) -> Path:
    """The tree of the best candidate, built; base while there is none."""
    best = best_evidence(state)
    return shop.base_tree if best is None else shop.built_tree(best.candidate)


def speedup_so_far(state: RunState) -> float:
    """Product of the measured steps from base to the best; the published figure is measured anew."""
    by_id = {one.candidate.id: one for one in all_evidence(state)}
    ratio, number = 1.0, state.get("best")
    while number is not None:
        one = by_id[number]
        ratio *= one.verdict.ratio if one.verdict is not None else 1.0
        number = one.candidate.parent
    return ratio
