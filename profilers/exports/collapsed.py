"""Collapsed stacks: a line a stack, frames from the outermost, then its weight.

The format of https://github.com/brendangregg/FlameGraph, which flame graph tools read.
"""

from __future__ import annotations

from collections import Counter

from hotloop.profilers.profile import Frame, Profile

SCALE = {"seconds": 1e6}
"""Weights must be integers: seconds become microseconds."""


def collapsed(profile: Profile) -> str:
    """Equal stacks in one line, in the order of their names. Weights that round to zero are left out."""
    scale = SCALE.get(profile.unit, 1.0)
    weights: Counter[str] = Counter()
    for stack in profile.stacks:
        weights[";".join(map(_name, stack.frames))] += round(stack.weight * scale)
    return "".join(f"{stack} {weight}\n" for stack, weight in sorted(weights.items()) if weight)


def _name(frame: Frame) -> str:
    """Semicolons part frames and line ends part stacks: neither may be in a name."""
    place = f"{frame.file}:{frame.line}" if frame.line else frame.file
    text = f"{frame.function} ({place})".replace(";", ",")
    return "".join(c if c.isprintable() else " " for c in text)
