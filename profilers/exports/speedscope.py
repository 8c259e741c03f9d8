"""speedscope's file format, which https://www.speedscope.app and `npx speedscope` show.

https://github.com/jlfwong/speedscope/blob/main/src/lib/file-format-spec.ts
"""

from __future__ import annotations

import json
from typing import Any

from hotloop.profilers.profile import Frame, Profile

SCHEMA = "https://www.speedscope.app/file-format-schema.json"
UNITS = {"seconds": "seconds", "bytes": "bytes"}
"""What speedscope knows by name; samples and instructions are plain counts to it."""


def speedscope(profile: Profile, name: str) -> str:
    """One sampled profile; a sample is a stack, its weight that stack's."""
    numbers: dict[tuple[str, str, int], int] = {}
    samples = [[_number(frame, numbers) for frame in stack.frames] for stack in profile.stacks]
    weights = [stack.weight for stack in profile.stacks]
    shown: dict[str, Any] = {
        "type": "sampled",
        "name": name,
        "unit": UNITS.get(profile.unit, "none"),
        "startValue": 0,
        "endValue": sum(weights),
        "samples": samples,
        "weights": weights,
    }
    frames = [_frame(*key) for key in numbers]
    whole = {
        "$schema": SCHEMA,
        "exporter": "hotloop",
        "name": name,
        "activeProfileIndex": 0,
        "shared": {"frames": frames},
        "profiles": [shown],
    }
    return json.dumps(whole) + "\n"


def _number(frame: Frame, numbers: dict[tuple[str, str, int], int]) -> int:
    return numbers.setdefault((frame.function, frame.file, frame.line), len(numbers))


def _frame(function: str, file: str, line: int) -> dict[str, Any]:
    """Lines are counted from 1; callgrind's C functions have none."""
    return {"name": function, "file": file, **({"line": line} if line else {})}
