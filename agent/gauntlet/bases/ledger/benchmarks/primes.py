"""Primes below a limit that the seed sets."""

import random

from ledger.series import primes


def setup(seed, size=3000):
    return size + random.Random(seed).randrange(500)


def workload(limit):
    return primes(limit)
