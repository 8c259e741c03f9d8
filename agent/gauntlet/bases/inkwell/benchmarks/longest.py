"""The longest words."""

import random

import inkwell


def setup(seed, size=150):
    draw = random.Random(seed)
    return ["x" * draw.randint(1, 20) + str(draw.randrange(60)) for _ in range(size)]


def workload(tokens):
    return inkwell.longest(tokens, 12)
