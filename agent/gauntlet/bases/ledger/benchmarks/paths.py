"""Ways through a grid, and how far words are apart."""

import random

from ledger.rates import distance, paths


def setup(seed, size=8):
    draw = random.Random(seed)
    grid = [[int(draw.random() < 0.08) for _ in range(size)] for _ in range(size)]
    grid[0][0] = 0
    words = ["".join(draw.choice("abcdef") for _ in range(5 * size)) for _ in range(2)]
    return grid, words


def workload(state):
    grid, words = state
    return paths(grid), distance(*words)
