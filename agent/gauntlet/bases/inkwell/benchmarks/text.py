"""Words, their number, and what a text is about."""

import random

import inkwell

NAMES = "winter garden harbour lantern orchard railway cathedral printing weather market station kitchen".split()
FILLERS = "The of and to in that was his he with which as for her had at by on not from she were".split()
ENDINGS = ("", "s", "ing", "ed", "ment", "ly")


def setup(seed, size=1500):
    draw = random.Random(seed)
    words = []
    for number in range(size):
        if draw.random() < 0.4:
            words.append(draw.choice(FILLERS))
        else:
            words.append(draw.choice(NAMES) + draw.choice(ENDINGS) + (str(draw.randrange(40)) if draw.random() < 0.4 else ""))
        words.append(draw.choice((" ", " ", " ", "  ", ", ", ". ", "! ")))
    return "".join(words)


def workload(text):
    tokens = inkwell.words(text)
    return inkwell.counts(tokens), inkwell.keywords(tokens)
