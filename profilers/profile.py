"""One neutral profile, whatever made it, and the hotspots read from it.

Capture makes a `Profile`; everything after that is pure functions of it.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Frame(BaseModel):
    """One level of a call stack. `file` is relative to the tree when inside it."""

    model_config = ConfigDict(frozen=True)

    function: str
    file: str
    line: int
    in_tree: bool


class Stack(BaseModel):
    """A call stack, outermost first, and what was spent with it on top (in `Profile.unit`)."""

    model_config = ConfigDict(frozen=True)

    frames: tuple[Frame, ...]
    weight: float


class Profile(BaseModel):
    """Stacks of the workload's calls only: start-up, import and setup are cut off.

    unit: "samples" or "seconds". calls: call counts by "file:function" where
    the profiler counts them.
    """

    model_config = ConfigDict(frozen=True)

    profiler: str
    unit: str
    stacks: tuple[Stack, ...]
    calls: dict[str, int] = {}

    @property
    def total(self) -> float:
        return sum(stack.weight for stack in self.stacks)


class Hotspot(BaseModel):
    """One function of the tree and its part of the workload's time.

    self_share: time in its own lines, with the time of library code that they
    call folded in (a `sorted` or `re.match` is the caller's choice).
    total_share: time with it anywhere on the stack. bound: the Amdahl bound,
    the speedup of the whole if this function's total cost were nothing.
    lines: share of the workload's time by line number of `file`.
    """

    model_config = ConfigDict(frozen=True)

    function: str
    file: str
    line: int
    self_share: float
    total_share: float
    bound: float
    calls: int | None = None
    lines: dict[int, float] = {}
    callers: tuple[str, ...] = ()
