"""The one-sided Mann-Whitney U test, as SWE-Perf takes it from SciPy.

Exact where one sample has at most eight members and nothing is tied; else the normal
approximation with corrections for ties and continuity (Mann and Whitney, Annals of
Mathematical Statistics 18, 1947; `scipy.stats.mannwhitneyu`, method "auto").
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby
from statistics import NormalDist

_SMALL = 8


def chance_greater(first: Sequence[float], second: Sequence[float]) -> float:
    """The p value of `first` being stochastically greater than `second`."""
    ranks, ties = _ranks([*first, *second])
    u = sum(ranks[: len(first)]) - len(first) * (len(first) + 1) / 2
    if min(len(first), len(second)) <= _SMALL and not any(size > 1 for size in ties):
        return _exact(round(u), len(first), len(second))
    return _normal(u, len(first), len(second), ties)


def _ranks(values: Sequence[float]) -> tuple[list[float], list[int]]:
    """Ranks from 1, ties sharing their mean; and the sizes of the groups of equal values."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    sizes: list[int] = []
    for _, group in groupby(order, key=values.__getitem__):
        members = list(group)
        for index in members:
            ranks[index] = sum(sizes) + (len(members) + 1) / 2
        sizes.append(len(members))
    return ranks, sizes


def _exact(u: int, first: int, second: int) -> float:
    ways = _ways(first, second)
    return sum(ways[value] for value in range(u, first * second + 1)) / math.comb(first + second, first)


@lru_cache(maxsize=64)
def _ways(first: int, second: int) -> Counter[int]:
    """In how many orders of both samples each U comes about."""
    if first == 0 or second == 0:
        return Counter({0: 1})
    found = Counter(_ways(first, second - 1))
    for value, ways in _ways(first - 1, second).items():
        found[value + second] += ways
    return found


def _normal(u: float, first: int, second: int, ties: Sequence[int]) -> float:
    count = first + second
    tied = sum(size**3 - size for size in ties) / (count * (count - 1))
    variance = first * second / 12 * (count + 1 - tied)
    if variance <= 0:
        return 1.0
    return 1 - NormalDist().cdf((u - first * second / 2 - 0.5) / math.sqrt(variance))
