import os
import random

from work.job import run

rng = random.Random(os.environ.get("HOTLOOP_SEED", "1"))
print(sum(run([rng.randrange(1000) for _ in range(2000)])))  # noqa: T201  (its output is what is compared)
