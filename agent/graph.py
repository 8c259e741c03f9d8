"""The whole loop on one screen.

prepare ─▶ baseline ─▶ profile ─▶ propose ─▶ gates ─▶ measure ─▶ judge ─┐
                          ▲          ▲  └──── no more ideas ──────────┐ │
                          │          └───────── nothing better ───────┼─┤
                          └──────────── a new best ───────────────────┼─┤
                                                          finish ◀────┴─┘
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langgraph.graph import END, START, StateGraph

from hotloop.agent.nodes.baseline import baseline
from hotloop.agent.nodes.finish import finish
from hotloop.agent.nodes.gates import gates
from hotloop.agent.nodes.judge import judge
from hotloop.agent.nodes.measure import measure
from hotloop.agent.nodes.prepare import prepare
from hotloop.agent.nodes.profile import profile
from hotloop.agent.nodes.propose import propose
from hotloop.agent.routing import after_judge, after_propose, stop_for_limits
from hotloop.agent.state import RunState
from hotloop.agent.workshop import Workshop

Node = Callable[[RunState, Workshop], dict[str, Any]]

NODES: tuple[Node, ...] = (prepare, baseline, profile, propose, gates, measure, judge, finish)


def build_graph(shop: Workshop) -> StateGraph[RunState]:
    """The loop, around one run's workshop. Compile it with a checkpointer."""
    graph: StateGraph[RunState] = StateGraph(RunState)
    for node in NODES:
        graph.add_node(node.__name__, accounted(node, shop), input_schema=RunState)
    graph.add_edge(START, "prepare")
    graph.add_edge("prepare", "baseline")
    graph.add_edge("baseline", "profile")
    graph.add_edge("profile", "propose")
    graph.add_conditional_edges("propose", after_propose, ["gates", "finish"])
    graph.add_edge("gates", "measure")
    graph.add_edge("measure", "judge")
    graph.add_conditional_edges("judge", after_judge, ["profile", "propose", "finish"])
    graph.add_edge("finish", END)
    return graph


def accounted(node: Node, shop: Workshop) -> Any:
    """The node, told of in the events, its time added to the state, limits looked at after it."""

    def step(state: RunState) -> dict[str, Any]:
        shop.events.emit("node", name=node.__name__, round=state.get("round", 0))
        with shop.account() as used:
            update = node(state, shop)
        update |= used.added_to(state)
        if node is judge:
            merged: RunState = {**state, **update}  # type: ignore[typeddict-item]  # nodes return keys of RunState
            update |= stop_for_limits(merged, shop.settings.rounds, shop.budget.exhausted())
        return update

    return step
