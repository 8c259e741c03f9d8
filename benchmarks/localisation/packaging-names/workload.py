"""Names of a lock file, normalised and checked as an installer does."""

import random

from packaging.utils import canonicalize_name, parse_wheel_filename

WORDS = (
    "python",
    "Django",
    "flask",
    "type",
    "stubs",
    "Zope",
    "interface",
    "google",
    "cloud",
    "storage",
    "ruamel",
    "yaml",
)
NAMES = 4000


def setup(seed):
    rng = random.Random(seed)
    names = [_name(rng) for _ in range(NAMES)]
    wheels = [
        f"{_name(rng, '_')}-{rng.randint(0, 9)}.{rng.randint(0, 9)}-py3-none-any.whl"
        for _ in range(NAMES // 100)
    ]
    return names, wheels


def _name(rng, joints="._--"):
    parts = rng.choices(WORDS, k=rng.randint(1, 4))
    return "".join(part + rng.choice(joints) for part in parts[:-1]) + parts[-1]


def workload(state):
    names, wheels = state
    found = sorted({canonicalize_name(name) for name in names})
    return found, [str(parse_wheel_filename(wheel)[1]) for wheel in wheels]
