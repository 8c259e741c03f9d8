"""How high trees are."""

import random

from grove.tree import Tree


def setup(seed, size=120):
    draw = random.Random(seed)
    return [draw.randrange(10 * size) for _ in range(size)]


def workload(keys):
    return Tree(keys).height()
