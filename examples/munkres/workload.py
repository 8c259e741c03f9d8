"""Assign couriers to deliveries: costs are road times, some pairs are not allowed."""

import random

from munkres import DISALLOWED, Munkres


def _place(draw):
    return draw.randrange(1000), draw.randrange(1000)


def _costs(draw, couriers, deliveries):
    rows = []
    starts = [_place(draw) for _ in range(couriers)]
    ends = [_place(draw) for _ in range(deliveries)]
    for x, y in starts:
        rows.append([abs(x - u) + abs(y - v) + draw.randrange(60) for u, v in ends])
    for row in rows:
        if draw.random() < 0.3:
            row[draw.randrange(deliveries)] = None
    return rows


def setup(seed):
    draw = random.Random(seed)
    sizes = ((18, 18), (14, 20), (12, 12), (16, 17))
    return [_costs(draw, couriers, deliveries) for couriers, deliveries in sizes]


def workload(state):
    solver = Munkres()
    answers = []
    for costs in state:
        pairs = solver.compute([[DISALLOWED if cost is None else cost for cost in row] for row in costs])
        answers.append((pairs, sum(costs[row][column] for row, column in pairs)))
    return answers
