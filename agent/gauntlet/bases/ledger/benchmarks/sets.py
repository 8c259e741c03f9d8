"""What two lists have in common, and each thing once."""

import random

from ledger.sets import common, distinct


def setup(seed, size=700):
    draw = random.Random(seed)
    return [[draw.randrange(2 * size) for _ in range(size)] for _ in range(2)]


def workload(state):
    left, right = state
    return common(left, right), distinct(left)
