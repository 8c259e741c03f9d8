"""What a model can do while it works on a candidate. One file a tool; `TOOLS` is all of them."""

from __future__ import annotations

from typing import Any

from hotloop.agent.tools.base import Tool
from hotloop.agent.tools.edit import EDIT
from hotloop.agent.tools.measure import MEASURE
from hotloop.agent.tools.navigate import CALLERS, DEFINITIONS, REFERENCES
from hotloop.agent.tools.profile import PROFILE
from hotloop.agent.tools.read import READ
from hotloop.agent.tools.run import RUN
from hotloop.agent.tools.search import SEARCH
from hotloop.agent.tools.submit import SUBMIT
from hotloop.agent.tools.tests import TEST
from hotloop.agent.tools.workspace import Workspace

TOOLS: tuple[Tool[Any], ...] = (
    READ,
    SEARCH,
    DEFINITIONS,
    REFERENCES,
    CALLERS,
    EDIT,
    RUN,
    PROFILE,
    TEST,
    MEASURE,
    SUBMIT,
)


def tools_of(place: Workspace) -> tuple[Tool[Any], ...]:
    """Those that can be used here."""
    return tuple(tool for tool in TOOLS if tool is not RUN or place.runs_commands)
