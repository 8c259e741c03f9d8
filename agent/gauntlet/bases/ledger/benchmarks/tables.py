"""Totals, the best rows, and rows in order."""

import random

from ledger.tables import ordered, top, totals


def setup(seed, size=220):
    draw = random.Random(seed)
    return [
        {"name": "n%d" % draw.randrange(40), "place": draw.randrange(9), "cents": draw.randrange(10**4)}
        for _ in range(size)
    ]


def workload(rows):
    return totals(rows, "name", "cents"), top(rows, "cents", 50), ordered(rows, ["place", "name"])
