"""Pairs that add up, and intervals that overlap."""

import random

from ledger.sets import overlaps, pairs_with_sum


def setup(seed, size=250):
    draw = random.Random(seed)
    intervals = [(start, start + draw.randint(1, 9)) for start in (draw.randrange(2000) for _ in range(size))]
    return [draw.randrange(100) for _ in range(size)], intervals


def workload(state):
    numbers, intervals = state
    return pairs_with_sum(numbers, 100), overlaps(intervals)
