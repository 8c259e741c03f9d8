"""A lock file with its packages, files and hashes is read."""

import random

import tomli

PACKAGES = 35


def setup(seed):
    rng = random.Random(seed)
    return "\n".join(_package(rng, number) for number in range(PACKAGES))


def _package(rng, number):
    files = ",\n".join(
        f'    {{file = "package-{rng.randrange(99)}.zip", hash = "sha256:{rng.getrandbits(256):064x}"}}'
        for _ in range(3)
    )
    return f"""
[[package]]
name = "package-{number}"
version = "{rng.randrange(9)}.{rng.randrange(20)}"
description = "What number {number} is for, in a few words"  # as its author wrote
optional = {rng.choice(["true", "false"])}
weight = {rng.random():.4f}
released = 2021-0{rng.randint(1, 9)}-1{rng.randrange(10)}T12:30:00Z
files = [
{files}
]

[package-{number}.dependencies]
other = {{ version = ">={rng.randrange(9)}", markers = "python_version < '3.{rng.randrange(12)}'" }}
'quoted key' = \"\"\"
several
lines\"\"\"
"""


def workload(text):
    read = tomli.loads(text)["package"]
    return [(one["name"], one["version"], one["weight"], len(one["files"])) for one in read], read[0]["files"]
