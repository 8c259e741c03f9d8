"""Prepare: the environment and the base tree, made once."""

from __future__ import annotations

from typing import Any

from hotloop.agent.state import RunState
from hotloop.agent.workshop import Workshop


def prepare(state: RunState, shop: Workshop) -> dict[str, Any]:
    shop.prepare()
    environment = shop.environment
    version = ".".join(map(str, environment.version))
    shop.events.log(f"environment: Python {version} in {environment.backend} ({environment.identity[:12]})")
    return {
        "round": 0,
        "evidence": [],
        "pending": [],
        "best": None,
        "idle": 0,
        "opinion": None,
        "stop_reason": None,
    }
