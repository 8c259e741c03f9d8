"""A long line of people is served."""

import random

from grove.queues import simulate


def setup(seed, size=9000):
    draw = random.Random(seed)
    return [(draw.randrange(50), draw.randrange(10**6)) for number in range(size)]


def workload(arrivals):
    return simulate(arrivals)
