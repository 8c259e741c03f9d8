"""Profile: where the time of the best tree goes."""

from __future__ import annotations

from typing import Any

from hotloop.agent.folder import write_text
from hotloop.agent.nodes.common import best_tree
from hotloop.agent.profiling import take_profile
from hotloop.agent.state import RunState
from hotloop.agent.workshop import Workshop
from hotloop.profilers.exports import export

SHOWN = 5


def profile(state: RunState, shop: Workshop) -> dict[str, Any]:
    taken = take_profile(shop, best_tree(state, shop))
    spots = taken.hotspots
    shop.events.emit(
        "hotspots",
        top=[
            {"function": spot.function, "file": spot.file, "share": round(spot.total_share, 4)}
            for spot in spots[:SHOWN]
        ],
    )
    dumped = [spot.model_dump(mode="json") for spot in spots]
    name = "base" if state.get("best") is None else str(state["best"])
    place = shop.folder.path / "profile"
    shop.folder.write_json(place / f"{name}.json", dumped)
    title = f"{shop.folder.id}, {'base' if name == 'base' else f'candidate {name}'}"
    write_text(place / f"{name}.speedscope.json", export(taken.profile, "speedscope", title))
    return (
        {"hotspots": dumped} if state.get("hotspots_base") else {"hotspots": dumped, "hotspots_base": dumped}
    )
