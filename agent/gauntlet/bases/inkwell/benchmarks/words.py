"""The words of a long text, some of them beyond ASCII."""

import random

import inkwell

LETTERS = "abcdefghijklmnopqrstuvwxyz" * 4 + "ABCDEFGH" + "0123456789'"
OTHERS = ("Äpfel", "naïve", "ΣΟΦΟΣ", "straße", "жизнь")


def setup(seed, size=1200):
    draw = random.Random(seed)
    words = ["".join(draw.choice(LETTERS) for _ in range(draw.randint(6, 30))) for _ in range(size)]
    words[::40] = [draw.choice(OTHERS) for _ in words[::40]]
    return "".join(word + draw.choice((" ", " ", ", ", ".\n", "_")) for word in words)


def workload(text):
    return inkwell.words(text)
