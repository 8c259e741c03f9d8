"""The variance of floats, and a long sum."""

import random

from ledger.series import harmonic, spread


def setup(seed, size=250):
    draw = random.Random(seed)
    return [draw.random() for _ in range(size)], draw.randrange(100, 200)


def workload(state):
    values, count = state
    return spread(values), harmonic(count)
