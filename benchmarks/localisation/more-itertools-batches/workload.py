"""Nested groups of readings are flattened and cut into batches of even size."""

import random

from more_itertools import chunked_even, collapse, flatten, ilen

GROUPS = 80


def setup(seed):
    rng = random.Random(seed)
    return [
        [[rng.randrange(1000) for _ in range(rng.randint(8, 30))] for _ in range(4)] for _ in range(GROUPS)
    ]


def workload(groups):
    readings = list(collapse(groups, levels=2))
    batches = list(chunked_even(readings, 7))
    whole = ilen(flatten(flatten(groups)))
    return whole, len(batches), [sum(batch) for batch in batches[::50]]
