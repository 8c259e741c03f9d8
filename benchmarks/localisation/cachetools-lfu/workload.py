"""A bounded least-frequently-used cache under a stream of look-ups that is too wide for it."""

import random

from cachetools import LFUCache

SIZE = 300
LOOKUPS = 1200


def setup(seed):
    rng = random.Random(seed)
    keys = [f"/item/{number}" for number in range(6 * SIZE)]
    return [keys[int(len(keys) * rng.random() ** 1.5)] for _ in range(LOOKUPS)]


def workload(requests):
    cache = LFUCache(maxsize=SIZE)
    hits = 0
    for key in requests:
        if key in cache:
            hits += len(cache[key]) > 0
        else:
            cache[key] = key.upper()
    return hits > 0, len(cache), all(cache[key] == key.upper() for key in list(cache))
