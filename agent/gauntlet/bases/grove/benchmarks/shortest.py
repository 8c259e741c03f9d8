"""The shortest ways through a graph, and tasks in order."""

import random

from grove.graph import shortest


def setup(seed, size=250):
    draw = random.Random(seed)
    return {
        node: {draw.randrange(size): draw.randint(1, 99) for _ in range(5)} for node in range(size)
    }


def workload(graph):
    return shortest(graph, 0)
