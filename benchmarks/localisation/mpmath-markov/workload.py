"""The state of a Markov chain after many steps, to thirty digits."""

import random

from mpmath import mp

STATES = 11


def setup(seed):
    rng = random.Random(seed)
    return [[rng.randint(1, 1000) for _ in range(STATES)] for _ in range(STATES)]


def workload(weights):
    mp.dps = 30
    chain = mp.matrix(STATES, STATES)
    for row, line in enumerate(weights):
        for column, weight in enumerate(line):
            chain[row, column] = mp.mpf(weight) / sum(line)
    start = mp.matrix([[1] + [0] * (STATES - 1)])
    after = start * chain**6
    error = mp.norm(after - after * chain)
    return [mp.nstr(share, 20) for share in after], mp.nstr(error, 8)
