"""Look for early events, again and again."""

import random

from grove.stream import first


def setup(seed, size=1500):
    draw = random.Random(seed)
    return [draw.randrange(100) for _ in range(size)]


def workload(numbers):
    return [first(numbers, lambda number, least=least: number >= least) for least in range(0, 60, 5)]
