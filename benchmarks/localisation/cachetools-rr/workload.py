"""A random-replacement cache that is filled far beyond its size."""

import random

from cachetools import RRCache

SIZE = 500
KEYS = 1500


def setup(seed):
    return seed, random.Random(seed).sample(range(10 * KEYS), KEYS)


def workload(state):
    seed, keys = state
    cache = RRCache(maxsize=SIZE, choice=random.Random(seed).choice)
    found = 0
    for position, key in enumerate(keys):
        cache[key] = key * key
        found += cache.get(keys[position // 2]) is not None
    return len(cache), found > 0
