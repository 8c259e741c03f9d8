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

    unit: "samples", "seconds", "instructions" or "bytes". calls: call counts
    by "file:first line" where the profiler counts them.
    """

    model_config = ConfigDict(frozen=True)

    profiler: str
    unit: str
    stacks: tuple[Stack, ...]
    calls: dict[str, int] = {}

    @property
    def total(self) -> float:
        return sum(stack.weight for stack in self.stacks)


class Parameter(BaseModel):
    """What one parameter held. types: calls by type name. sizes: smallest, median and largest length."""

    model_config = ConfigDict(frozen=True)

    name: str
    types: dict[str, int] = {}
    sizes: tuple[int, ...] = ()


class FunctionFacts(BaseModel):
    """What an instrumented run saw of one function.

    calls: per call of the workload. callers: the same by caller, "file:name".
    observed: calls whose arguments were looked at, the first of each workload
    call. repeated: share of those that asked the same again (equal arguments,
    objects being equal to themselves with unchanged attributes); None where
    too few could be compared. allocations: most bytes held at one time, by line.
    growth: exponent of its calls in the input's size, where the workload has sizes.
    """

    model_config = ConfigDict(frozen=True)

    calls: float
    callers: dict[str, float] = {}
    parameters: tuple[Parameter, ...] = ()
    observed: int = 0
    repeated: float | None = None
    allocations: dict[int, int] = {}
    growth: float | None = None


class Hotspot(BaseModel):
    """One function of the tree and its part of the workload's time.

    self_share: time in its own lines, with the time of library code that they
    call folded in (a `sorted` or `re.match` is the caller's choice).
    total_share: time with it anywhere on the stack. bound: the Amdahl bound,
    the speedup of the whole if this function's total cost were nothing.
    lines: share of the workload's time by line number of `file`, with what the
    line calls; own_lines: the same without other functions of the tree.
    library: share spent in library code that it calls, by the name called.
    score: what it is ranked by (see `hotloop.profilers.ranking`); reasons: what
    speaks for looking at it, in words.
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
    own_lines: dict[int, float] = {}
    library: dict[str, float] = {}
    callers: tuple[str, ...] = ()
    score: float = 0.0
    reasons: tuple[str, ...] = ()
    facts: FunctionFacts | None = None
