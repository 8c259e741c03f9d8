"""What can be reached, and which parts hang together."""

import random

from grove.graph import components, reachable


def setup(seed, size=300):
    draw = random.Random(seed)
    graph = {node: [] for node in range(size)}
    for _ in range(size):
        one, other = draw.randrange(size), draw.randrange(size)
        graph[one].append(other)
        graph[other].append(one)
    return graph


def workload(graph):
    return reachable(graph, 0), components(graph)
