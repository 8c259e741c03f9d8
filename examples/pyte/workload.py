"""A terminal that shows a build: coloured lines, progress that is drawn over, a list that is redrawn."""

import random

import pyte

PARTS = ("compiling", "linking", "testing", "fetching", "checking", "packing")
NAMES = ("core", "parser", "naïve", "größe", "network", "日本語", "cache", "views", "cafe\u0301")


def _line(draw):
    colour = draw.choice((31, 32, 33, 36))
    count = draw.randrange(1, 400)
    file = f"{draw.choice(NAMES)}/{draw.choice(NAMES)}"
    return f"\x1b[{colour};1m{draw.choice(PARTS)}\x1b[0m {file} ({count} files)\r\n"


def _progress(draw):
    steps = draw.randint(3, 6)
    bars = (f"\r\x1b[K[{'#' * (n * 5):30}] {n * 16}%" for n in range(steps))
    return "".join(bars) + "\r\n"


def _redraw(draw):
    there = f"\x1b[{draw.randint(1, 20)};{draw.randint(1, 40)}H"
    return f"{there}\x1b[7m{draw.choice(NAMES)}\x1b[27m\x1b[{draw.randint(20, 24)};1H"


def setup(seed):
    draw = random.Random(seed)
    kinds = (_line, _line, _line, _progress, _redraw)
    return "".join(draw.choice(kinds)(draw) for _ in range(60))


def workload(state):
    screen = pyte.Screen(80, 24)
    stream = pyte.Stream(screen)
    stream.feed(state)
    cells = [[tuple(screen.buffer[row][column]) for column in range(0, 80, 4)] for row in range(24)]
    lines = ["".join(screen.buffer[row][column].data for column in range(80)) for row in range(24)]
    return lines, cells, screen.cursor.x, screen.cursor.y, sorted(screen.dirty)
