"""Stems, sentences and squeezed texts."""

import random

import inkwell

NAMES = "winter garden harbour lantern orchard railway cathedral printing weather market station kitchen".split()
ENDINGS = ("", "s", "ings", "ed", "ments", "ly", "edly", "nesses")


def setup(seed, size=2000):
    draw = random.Random(seed)
    return [draw.choice(NAMES) + draw.choice(ENDINGS) for _ in range(size)]


def workload(tokens):
    return inkwell.stems(tokens)
