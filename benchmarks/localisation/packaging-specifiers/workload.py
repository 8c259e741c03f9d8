"""Which releases of many satisfy the requirements that several projects state."""

import random

from packaging.specifiers import SpecifierSet
from packaging.version import Version

RELEASES = 120
REQUIREMENTS = 25


def setup(seed):
    rng = random.Random(seed)
    releases = [
        Version(f"{rng.randint(0, 4)}.{rng.randint(0, 20)}.{rng.randint(0, 9)}") for _ in range(RELEASES)
    ]
    return releases, [_requirement(rng) for _ in range(REQUIREMENTS)]


def _requirement(rng):
    low, high = sorted(rng.sample(range(40), 2))
    parts = [f">={low // 10}.{low % 10}", f"<{high // 10 + 1}.{high % 10}"]
    if rng.random() < 0.6:
        parts.append(f"!={low // 10}.{rng.randint(0, 20)}.{rng.randint(0, 9)}")
    return ",".join(parts)


def workload(state):
    releases, requirements = state
    found = []
    for requirement in requirements:
        allowed = SpecifierSet(requirement)
        found.append([str(release) for release in releases if allowed.contains(release)])
    return found
