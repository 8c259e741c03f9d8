"""Bits of many numbers."""

import random

from ledger.tables import bits


def setup(seed, size=1000):
    draw = random.Random(seed)
    return [draw.getrandbits(40) for _ in range(size)]


def workload(numbers):
    return bits(numbers)
