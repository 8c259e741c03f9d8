"""Records written to a file once and read four times."""

import os
import random
import tempfile

import inkwell


def setup(seed, size=250):
    draw = random.Random(seed)
    return [["f%d" % draw.randrange(10**6) for _ in range(4)] for _ in range(size)]


def workload(records):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "records")
        inkwell.save(records, path)
        for _ in range(3):
            inkwell.load(path)
        return inkwell.load(path)
