"""Squeeze texts and part them into sentences."""

import random

import inkwell

GAPS = (" ", "  ", "\t", " \n ", "    ", ". ", "! ")


def setup(seed, size=1200):
    draw = random.Random(seed)
    return "".join("w%d%s" % (draw.randrange(1000), draw.choice(GAPS)) for _ in range(size))


def workload(text):
    squeezed = inkwell.squeeze(text)
    return squeezed, inkwell.sentences(squeezed)
