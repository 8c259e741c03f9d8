"""Events are read, counted, scaled and parted."""

import random

from grove.stream import chunks, first, parse, scale, tally

KINDS = "start stop pause resume load save open close".split()


def setup(seed, size=900):
    draw = random.Random(seed)
    lines = ["%s %d %d" % (draw.choice(KINDS), number, draw.randrange(100)) for number in range(size)]
    return lines


def workload(lines):
    events = list(parse(lines))
    scaled = scale(events, 3)
    early = first(events, lambda event: event.at >= 3)
    return tally(scaled), [len(chunk) for chunk in chunks(events, 400)], early, scaled[-1]
