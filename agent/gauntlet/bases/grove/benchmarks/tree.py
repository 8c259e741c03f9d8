"""A tree is filled and asked."""

import random

from grove.tree import Tree


def setup(seed, size=150):
    draw = random.Random(seed)
    return [draw.randrange(10 * size) for _ in range(size)]


def workload(keys):
    tree = Tree(keys)
    found = [key for key in range(0, 60) if key in tree]
    return found, tree.smallest(), len(tree), list(tree.between(10, 40))
