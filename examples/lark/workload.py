"""Sums and assignments of a small language: its grammar read, its lines parsed by two of the parsers."""

import random

import lark

GRAMMAR = """
start: NAME "=" sum
?sum: product | sum "+" product | sum "-" product
?product: atom | product "*" atom | product "/" atom
?atom: NUMBER | NAME | "-" atom | "(" sum ")" | NAME "(" sum ("," sum)* ")"
NAME: /[a-z]+/
NUMBER: /[0-9]+/
%ignore " "
"""


def _term(draw, depth):
    if depth == 0:
        return draw.choice((draw.choice("abcxyz"), str(draw.randrange(100))))
    one, other = _term(draw, depth - 1), _term(draw, depth - 1)
    return draw.choice((f"{one} + {other}", f"{one} * {other}", f"({one} - {other})", f"max({one}, {other})"))


def setup(seed):
    draw = random.Random(seed)
    lines = [f"{draw.choice('abcxyz')} = {_term(draw, 2)}" for _ in range(6)]
    return lines, [f"{draw.choice('abcxyz')} = {_term(draw, 3)}" for _ in range(12)]


def _plain(tree):
    if isinstance(tree, lark.Tree):
        return (tree.data, [_plain(child) for child in tree.children])
    return (tree.type, str(tree))


def workload(state):
    short, long = state
    ambiguous = lark.Lark(GRAMMAR, parser="cyk")
    fast = lark.Lark(GRAMMAR, parser="lalr")
    return [_plain(ambiguous.parse(line)) for line in short], [_plain(fast.parse(line)) for line in long]
