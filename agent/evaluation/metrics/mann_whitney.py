"""The one-sided Mann-Whitney U test, as SWE-Perf takes it from SciPy.

Exact where one sample has at most eight members and nothing is tied; else the normal
approximation with corrections for ties and continuity (Mann and Whitney, Annals of
Mathematical Statistics 18, 1947; `scipy.stats.mannwhitneyu`, method "auto").
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from statistics import NormalDist

_SMALL = 8
_STANDARD = NormalDist()


def chance_greater(first: Sequence[float], second: Sequence[float]) -> float:
    """The p value of `first` being stochastically greater than `second`."""
    u = _wins(first, sorted(second))
    tied = len({*first, *second}) < len(first) + len(second)
    if min(len(first), len(second)) <= _SMALL and not tied:
        return _exact(round(u), len(first), len(second))
    sizes = Counter([*first, *second]).values() if tied else ()
    return _normal(u, len(first), len(second), sizes)


def _wins(first: Sequence[float], ordered: Sequence[float]) -> float:
    """U: pairs in which the value of `first` is the greater, ties by half. `ordered`: the second, sorted."""
    below = sum(bisect_left(ordered, value) for value in first)
    return (below + sum(bisect_right(ordered, value) for value in first)) / 2


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


def _normal(u: float, first: int, second: int, ties: Iterable[int]) -> float:
    count = first + second
    tied = sum(size**3 - size for size in ties) / (count * (count - 1))
    variance = first * second / 12 * (count + 1 - tied)
    if variance <= 0:
        return 1.0
    return 1 - _STANDARD.cdf((u - first * second / 2 - 0.5) / math.sqrt(variance))
