"""Whether two sides gave the same outputs, and where they first differ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hotloop.profilers.workload import Output


@dataclass(frozen=True)
class Difference:
    """The first seed on which base and candidate disagree, and how."""

    seed: int
    what: str


def difference(
    base: Sequence[Output], candidate: Sequence[Output], seeds: Sequence[int], tolerance: float
) -> Difference | None:
    """None when every output agrees."""
    if not len(base) == len(candidate) == len(seeds):
        return Difference(seeds[0], f"base gave {len(base)} outputs, the candidate {len(candidate)}")
    for seed, old, new in zip(seeds, base, candidate, strict=True):
        what = _disagreement(old, new, tolerance)
        if what is not None:
            return Difference(seed, what)
    return None


def _disagreement(old: Output, new: Output, tolerance: float) -> str | None:
    if old.digest != new.digest:
        if old.raised != new.raised:
            return f"base {_ending(old)}, the candidate {_ending(new)}"
        return _first_leaf(old, new)
    if old.floats is None or new.floats is None:
        return None
    return _float_disagreement(old.floats, new.floats, tolerance)


def _ending(output: Output) -> str:
    return f"raised {output.raised}" if output.raised else "returned a value"


def _first_leaf(old: Output, new: Output) -> str:
    """The first place where the readable outputs part; they may be equal as far as they were kept."""
    for (path, before), (other, after) in zip(old.leaves, new.leaves, strict=False):
        if path != other:
            return f"the shape differs at {path}: base has {path} = {before}, the candidate {other} = {after}"
        if before != after:
            return f"{path}: base gave {before}, the candidate {after}"
    if len(old.leaves) != len(new.leaves):
        longer, who = (old, "base") if len(old.leaves) > len(new.leaves) else (new, "the candidate")
        path, text = longer.leaves[min(len(old.leaves), len(new.leaves))]
        return f"only {who} has {path} = {text}"
    return "the outputs differ (in type, order, or past the part that is shown)"


def _float_disagreement(old: Sequence[float], new: Sequence[float], tolerance: float) -> str | None:
    if len(old) != len(new):
        return f"base gave {len(old)} floats, the candidate {len(new)}"
    for position, (before, after) in enumerate(zip(old, new, strict=True)):
        both_nan = math.isnan(before) and math.isnan(after)
        if not both_nan and not math.isclose(before, after, rel_tol=tolerance, abs_tol=tolerance * 1e-6):
            return f"float {position}: base gave {before!r}, the candidate {after!r}, tolerance {tolerance:g}"
    return None
