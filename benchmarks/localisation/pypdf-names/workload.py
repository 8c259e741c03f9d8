"""Dictionaries with long escaped names are read and written again."""

import io
import random

from pypdf.generic import DictionaryObject

ENTRIES = 40
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def setup(seed):
    rng = random.Random(seed)
    entries = [f"/{_name(rng)} /{_name(rng)}" for _ in range(ENTRIES)]
    return ("<< " + "\n".join(entries) + " >>").encode()


def _name(rng):
    size = rng.randint(100, 3000)
    return "".join(
        f"#{rng.randint(33, 126):02X}" if rng.random() < 0.25 else rng.choice(LETTERS) for _ in range(size)
    )


def workload(text):
    read = DictionaryObject.read_from_stream(io.BytesIO(text), None)
    out = io.BytesIO()
    read.write_to_stream(out)
    return len(read), out.getvalue()
