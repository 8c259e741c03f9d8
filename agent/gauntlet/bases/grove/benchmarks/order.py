"""Tasks in order."""

import random

from grove.graph import in_order


def setup(seed, size=120):
    draw = random.Random(seed)
    return {
        "t%03d" % node: ["t%03d" % draw.randrange(node) for _ in range(min(node, 3))] for node in range(1, size)
    }


def workload(needs):
    return in_order(needs)
