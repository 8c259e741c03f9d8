"""Measured travel times are written to the edges of a street network, several of them an edge."""

import random

import networkx as nx

JUNCTIONS = 1500
STREETS = 6000


def setup(seed):
    rng = random.Random(seed)
    graph = nx.gnm_random_graph(JUNCTIONS, STREETS, seed=rng.randrange(10**6))
    return graph, [{edge: rng.randint(1, 900) for edge in graph.edges} for _ in range(3)]


def workload(state):
    graph, measured = state
    for hour, times in enumerate(measured):
        nx.set_edge_attributes(graph, times, f"seconds_{hour}")
    return sum(data["seconds_2"] - data["seconds_0"] for _, _, data in graph.edges(data=True))
