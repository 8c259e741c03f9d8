"""Amounts of a year, converted."""

import random

from ledger.rates import convert


def setup(seed, size=25):
    draw = random.Random(seed)
    return [(draw.randrange(12), draw.randrange(10**6)) for _ in range(size)], draw.randrange(2000, 2004)


def workload(state):
    return convert(*state)
