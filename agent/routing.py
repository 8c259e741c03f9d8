"""Where to go next. Pure functions of the state and the limits."""

from __future__ import annotations

from hotloop.agent.state import RunState


def after_propose(state: RunState) -> str:
    return "gates" if state.get("pending") else "finish"


def after_judge(state: RunState) -> str:
    """Profile again where the best tree changed, since the old hotspots are another tree's."""
    if state.get("stop_reason"):
        return "finish"
    return "profile" if state.get("idle", 0) == 0 else "propose"


def stop_for_limits(state: RunState, rounds: int, exhausted: str | None) -> dict[str, object]:
    """The update that ends the search when a limit is reached; empty otherwise."""
    if state.get("stop_reason"):
        return {}
    if exhausted is not None:
        return {"stop_reason": exhausted, "out_of_budget": True}
    if state.get("round", 0) >= rounds:
        return {"stop_reason": f"all {rounds} rounds are done"}
    return {}
