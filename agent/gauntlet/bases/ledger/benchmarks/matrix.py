"""The product of two matrices."""

import random

from ledger.tables import product


def setup(seed, size=30):
    draw = random.Random(seed)
    return [[[draw.randrange(1000) for _ in range(size)] for _ in range(size)] for _ in range(2)]


def workload(state):
    return product(*state)
