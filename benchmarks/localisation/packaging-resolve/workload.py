"""A resolver's step: which releases of each dependency satisfy all that is asked of it."""

import random

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

PROJECTS = 8
RELEASES = 150


def setup(seed):
    rng = random.Random(seed)
    return [(_releases(rng), [_requirement(rng, number) for _ in range(3)]) for number in range(PROJECTS)]


def _releases(rng):
    suffixes = ["", "", "", "", ".post1", "rc1", "b2", ".dev3"]
    return [
        f"{rng.randint(0, 4)}.{rng.randint(0, 15)}.{rng.randint(0, 9)}{rng.choice(suffixes)}"
        for _ in range(RELEASES)
    ]


def _requirement(rng, number):
    low, high = sorted(rng.sample(range(50), 2))
    parts = [f">={low // 10}.{low % 10}", f"<{high // 10 + 1}.{high % 10}"]
    if rng.random() < 0.5:
        parts.append(f"!={low // 10}.{rng.randint(0, 9)}.*")
    marker = '; python_version >= "3.8"' if rng.random() < 0.3 else ""
    return f"project-{number}{','.join(parts)}{marker}"


def workload(state):
    chosen = []
    for releases, requirements in state:
        asked = SpecifierSet()
        for line in requirements:
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                asked &= requirement.specifier
        candidates = sorted({Version(release) for release in releases}, reverse=True)
        allowed = list(asked.filter(candidates))
        chosen.append((str(asked), len(allowed), [str(version) for version in allowed[:5]]))
    return chosen
