import random

from work.job import run


def setup(seed):
    rng = random.Random(seed)
    return [rng.randrange(1000) for _ in range(300)]


def workload(state):
    return run(state)
