"""How often each number comes."""

import random

from ledger.sets import tally


def setup(seed, size=400):
    draw = random.Random(seed)
    return [draw.randrange(size) for _ in range(size)]


def workload(items):
    return tally(items)
