"""How much can flow through a supply network of several tiers, by Dinitz's algorithm."""

import random
from itertools import pairwise

import networkx as nx
from networkx.algorithms.flow import dinitz

TIERS = 4
WIDTH = 30
PIPES = 6


def setup(seed):
    rng = random.Random(seed)
    graph = nx.DiGraph()
    tiers = [[(tier, place) for place in range(WIDTH)] for tier in range(TIERS)]
    for node in tiers[0]:
        graph.add_edge("source", node, capacity=rng.randint(1, 30))
    for before, after in pairwise(tiers):
        for node in before:
            for other in rng.sample(after, PIPES):
                graph.add_edge(node, other, capacity=rng.randint(1, 10))
    for node in tiers[-1]:
        graph.add_edge(node, "sink", capacity=rng.randint(1, 30))
    return graph


def workload(graph):
    return dinitz(graph, "source", "sink").graph["flow_value"]
