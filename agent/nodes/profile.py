"""Profile: where the time of the best tree goes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hotloop.agent.nodes.common import best_tree
from hotloop.agent.state import RunState
from hotloop.agent.workshop import Workshop
from hotloop.errors import UsageError
from hotloop.profilers.capture import make_profiler
from hotloop.profilers.hotspots import hotspots
from hotloop.profilers.profile import Hotspot
from hotloop.profilers.workload import WorkloadFailure

SHOWN = 5
KEPT = 40


def profile(state: RunState, shop: Workshop) -> dict[str, Any]:
    tree = best_tree(state, shop)
    spots = find_hotspots(shop, tree)
    shop.events.emit(
        "hotspots",
        top=[
            {"function": spot.function, "file": spot.file, "share": round(spot.total_share, 4)}
            for spot in spots[:SHOWN]
        ],
    )
    dumped = [spot.model_dump(mode="json") for spot in spots]
    name = "base" if state.get("best") is None else str(state["best"])
    shop.folder.write_json(shop.folder.path / "profile" / f"{name}.json", dumped)
    return (
        {"hotspots": dumped} if state.get("hotspots_base") else {"hotspots": dumped, "hotspots_base": dumped}
    )


def find_hotspots(shop: Workshop, tree: Path) -> list[Hotspot]:
    """Functions of `tree` by their part of the workload's time, most first."""
    try:
        with shop.sandbox(tree) as sandbox:
            captured = make_profiler(shop.settings.profiler).profile(
                sandbox, shop.workload, shop.settings.seed
            )
    except WorkloadFailure as failure:
        raise UsageError(
            f"The workload fails under the profiler: {failure}", "Try --profiler cprofile"
        ) from None
    return hotspots(captured, tree, frozenset({str(shop.workload.path)}))[:KEPT]
