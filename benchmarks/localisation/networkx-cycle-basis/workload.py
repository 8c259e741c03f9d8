"""Independent cycles of a road-like network: the minimum cycle basis of a grid with some detours."""

import random

import networkx as nx

SIDE = 6
DETOURS = 5


def setup(seed):
    rng = random.Random(seed)
    graph = nx.convert_node_labels_to_integers(nx.grid_2d_graph(SIDE, SIDE))
    nodes = list(graph)
    graph.add_edges_from(rng.sample(nodes, 2) for _ in range(DETOURS))
    for start, end in graph.edges:
        graph.edges[start, end]["length"] = rng.randint(1, 10**6)
    return graph


def workload(graph):
    basis = nx.minimum_cycle_basis(graph, weight="length")
    return len(basis)
