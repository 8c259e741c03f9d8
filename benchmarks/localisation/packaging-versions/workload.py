"""Release lists of an index, sorted newest first, with pre-, post- and local versions."""

import random

from packaging.version import Version

VERSIONS = 1200


def setup(seed):
    rng = random.Random(seed)
    return [_version(rng) for _ in range(VERSIONS)]


def _version(rng):
    release = ".".join(str(rng.randint(0, 30)) for _ in range(rng.randint(2, 4)))
    suffix = rng.choices(
        ["", f"rc{rng.randint(1, 3)}", f".post{rng.randint(1, 3)}", f".dev{rng.randint(0, 9)}", "+local.1"],
        weights=[70, 12, 8, 8, 2],
    )[0]
    return release + suffix


def workload(texts):
    newest = sorted((Version(text) for text in texts), reverse=True)
    return [str(version) for version in newest]
