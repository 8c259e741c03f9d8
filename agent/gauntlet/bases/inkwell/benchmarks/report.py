"""A table of people, and the outline of a book."""

import random

import inkwell


def setup(seed, size=60):
    draw = random.Random(seed)
    rows = [
        {"name": "n%d" % draw.randrange(10**6), "place": "p%d" % draw.randrange(100), "age": draw.randrange(99)}
        for _ in range(size)
    ]
    headings = [(draw.randint(1, 3), "t%d" % draw.randrange(1000)) for _ in range(size)]
    return rows, headings


def workload(state):
    rows, headings = state
    return inkwell.table(rows, ["name", "place", "age"]), inkwell.outline(headings)
