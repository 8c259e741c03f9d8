"""Settings that are nested to any depth are flattened, and the values counted."""

import random
from collections import Counter

from more_itertools import collapse, unique_everseen

ENTRIES = 700


def setup(seed):
    rng = random.Random(seed)
    return [_nested(rng, rng.randint(0, 4)) for _ in range(ENTRIES)]


def _nested(rng, depth):
    if depth == 0:
        return rng.choice(["alpha", "beta", "gamma", 1, 2, 3, 4.5])
    return [_nested(rng, rng.randint(0, depth - 1)) for _ in range(rng.randint(1, 6))]


def workload(entries):
    values = [str(value) for value in collapse(entries)]
    return sorted(Counter(values).items()), list(unique_everseen(values)), len(values)
