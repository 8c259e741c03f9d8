"""Who was the busiest."""

import random

from grove.queues import busiest


def setup(seed, size=6000):
    draw = random.Random(seed)
    return [("n%d" % draw.randrange(200), draw.randrange(100), draw.randrange(100, 200)) for _ in range(size)]


def workload(spans):
    return busiest(spans)
