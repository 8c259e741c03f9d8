"""Moving sums."""

import random

from ledger.series import moving_sums


def setup(seed, size=1500):
    draw = random.Random(seed)
    return [draw.randrange(10**6) for _ in range(size)]


def workload(values):
    return moving_sums(values, 60)
