"""Numbers of a coprime table: their prime factors, totients and divisors."""

import random

from more_itertools import factor, powerset, run_length
from more_itertools.recipes import totient

NUMBERS = 6


def setup(seed):
    rng = random.Random(seed)
    return [rng.randrange(10**9, 2 * 10**10) | 1 for _ in range(NUMBERS)]


def workload(numbers):
    table = []
    for number in numbers:
        factors = list(factor(number))
        classes = list(run_length.encode(factors))
        products = {sum(chosen) for chosen in powerset(factors)}
        table.append((number, classes, totient(number), len(products)))
    return table
