"""Noise on one core: `runnable` programs that compete for it, one of them in bursts.

The program itself (`python verdict_neighbour.py DUTY SEED`) streams through memory for
`DUTY` of its time, in bursts of up to 200 ms, and ends when its parent does.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DUTIES = (1.0, 0.7)
"""With the program that is measured: a load average of about 2.7 on its core."""

BURST_SECONDS = 0.2
BYTES = 8 << 20


@contextmanager
def neighbours(core: int, present: bool) -> Iterator[None]:
    """The neighbours live for the length of the block; none where `present` is false."""
    started: list[subprocess.Popen[bytes]] = []
    try:
        for number, duty in enumerate(DUTIES if present else ()):
            command = ["taskset", "-c", str(core), sys.executable, "-I", str(Path(__file__)), str(duty)]
            started.append(subprocess.Popen([*command, str(number)]))
        yield
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait()


def compete(duty: float, rng: random.Random) -> None:
    parent, memory = os.getppid(), bytearray(BYTES)
    while os.getppid() == parent:
        burst = rng.uniform(0.001, BURST_SECONDS)
        end = time.monotonic() + burst
        while time.monotonic() < end:
            for start in range(0, BYTES, BYTES >> 4):
                sum(memory[start : start + 4096])
        if duty < 1.0:
            time.sleep(burst * (1.0 - duty) / duty)


if __name__ == "__main__":
    compete(float(sys.argv[1]), random.Random(int(sys.argv[2])))
