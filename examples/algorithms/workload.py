"""An evening of puzzles: words, graphs and numbers, each by the function that the collection has for it."""

import random

from algorithms.dynamic_programming import longest_increasing_subsequence_optimized
from algorithms.graph.check_bipartite import check_bipartite
from algorithms.graph.traversal import bfs_traverse
from algorithms.math.combination import combination
from algorithms.math.polynomial import Monomial, Polynomial
from algorithms.string.min_distance import min_distance
from algorithms.string.word_squares import word_squares


def _word(draw, length):
    return "".join(draw.choice("aeilrst") for _ in range(length))


def _two_sided(draw, size):
    rows = [[0] * size for _ in range(size)]
    for left in range(0, size, 2):
        for right in draw.sample(range(1, size, 2), 5):
            rows[left][right] = rows[right][left] = 1
    return rows


def setup(seed):
    draw = random.Random(seed)
    return {
        "pairs": [(_word(draw, 6), _word(draw, 6)) for _ in range(6)],
        "heights": [draw.randrange(1, 400) for _ in range(150)],
        "squares": sorted({_word(draw, 4) for _ in range(60)}),
        "matches": _two_sided(draw, 60),
        "roads": {town: draw.sample(range(300), 6) for town in range(300)},
        "hands": [(draw.randint(9, 12), draw.randint(3, 5)) for _ in range(4)],
        "terms": [(draw.randint(1, 9), {1: draw.randint(0, 3), 2: draw.randint(0, 3)}) for _ in range(12)],
    }


def workload(state):
    terms = [Monomial(variables, factor) for factor, variables in state["terms"]]
    product = Polynomial(terms[:6]) * Polynomial(terms[6:])
    return (
        [min_distance(one, other) for one, other in state["pairs"]],
        longest_increasing_subsequence_optimized(state["heights"]),
        word_squares(state["squares"]),
        check_bipartite(state["matches"]),
        bfs_traverse(state["roads"], 0),
        [combination(cards, hand) for cards, hand in state["hands"]],
        sorted((sorted(term.variables.items()), str(term.coeff)) for term in product.all_monomials()),
    )
