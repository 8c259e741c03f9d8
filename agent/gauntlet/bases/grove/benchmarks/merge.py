"""Sorted streams become one."""

import random

from grove.stream import merge


def setup(seed, size=150):
    draw = random.Random(seed)
    return [sorted(draw.randrange(10**6) for _ in range(size)) for _ in range(8)]


def workload(streams):
    return merge(streams)
