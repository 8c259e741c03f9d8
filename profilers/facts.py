"""Facts about the hot functions, from one extra instrumented run: calls, callers, arguments, memory."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hotloop.profilers.capture import frame, read_output, run_runner
from hotloop.profilers.definitions import Definition
from hotloop.profilers.errors import ProfilerError
from hotloop.profilers.profile import Frame, FunctionFacts, Parameter
from hotloop.profilers.workload import Workload
from hotloop.sandboxes.base import Sandbox

SECONDS = 1.0
"""For each of the three passes."""

FEWEST_COMPARED = 5
CALLERS = 6
TEXT = 120

Locate = Callable[[Frame], Definition]


class Calls(BaseModel):
    """Calls of one code object, by caller. Files are absolute, as the target knows them."""

    model_config = ConfigDict(frozen=True)

    file: str
    line: int
    name: str
    count: int
    callers: tuple[tuple[str, int, int], ...]


class Arguments(BaseModel):
    model_config = ConfigDict(frozen=True)

    file: str
    line: int
    observed: int
    compared: int
    repeated: int
    parameters: tuple[Parameter, ...] = ()


class Smaller(BaseModel):
    """Calls on an input `ratio` times smaller, per call of the workload: file, line, name, count."""

    model_config = ConfigDict(frozen=True)

    ratio: float = Field(gt=1.0)
    calls: tuple[tuple[str, int, str, float], ...]


class RawFacts(BaseModel):
    """What the runner wrote, once it is known to have the right shape.

    workload_calls: that `calls` covers. memory: file, line, bytes, blocks.
    smaller: None where the workload takes no size.
    """

    model_config = ConfigDict(frozen=True)

    tree: str
    workload_calls: int
    calls: tuple[Calls, ...]
    arguments: tuple[Arguments, ...]
    memory: tuple[tuple[str, int, int, int], ...]
    smaller: Smaller | None = None


def gather_facts(sandbox: Sandbox, workload: Workload, seed: int, seconds: float = SECONDS) -> RawFacts:
    """One run of the workload under close watch.

    Raises WorkloadFailure when the workload breaks under it, ProfilerError when what
    was written cannot be read.
    """
    output = sandbox.scratch / "facts.json"
    arguments = [str(seconds), str(sandbox.tree), str(output)]
    done = run_runner(sandbox, workload, "hotloop_facts.py", arguments, seed=seed, seconds=3 * seconds)
    return parse_facts(read_output(sandbox, output, done), sandbox.tree)


def parse_facts(data: bytes, tree: PurePosixPath) -> RawFacts:
    """Facts from the runner's JSON, which target code may have tampered with."""
    try:
        found = json.loads(data)
        return RawFacts(
            tree=str(tree),
            workload_calls=max(1, int(found["calls"])),
            calls=tuple(_calls(row) for row in found["rows"]),
            arguments=tuple(_arguments(row) for row in found["arguments"]),
            memory=tuple(tuple(row) for row in found["memory"]),
            smaller=_smaller(found["smaller"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError, ValidationError) as error:
        raise ProfilerError("the facts about the workload could not be read") from error


def _calls(row: list[Any]) -> Calls:
    file, line, name, count, _own, _total, callers = row
    places = tuple((entry[0], entry[1], entry[3]) for entry in callers)
    return Calls(file=file, line=line, name=name, count=count, callers=places)


def _smaller(found: dict[str, Any] | None) -> Smaller | None:
    if found is None:
        return None
    runs = max(1, int(found["calls"]))
    return Smaller(
        ratio=found["ratio"], calls=tuple((row[0], row[1], row[2], row[3] / runs) for row in found["rows"])
    )


def _arguments(row: dict[str, Any]) -> Arguments:
    parameters = [
        Parameter(
            name=str(one["name"])[:TEXT],
            types={str(kind)[:TEXT]: count for kind, count in one["types"].items()},
            sizes=tuple(one["sizes"]),
        )
        for one in row["parameters"]
    ]
    return Arguments(**{**row, "parameters": tuple(parameters)})


@dataclass
class _Function:
    calls: float = 0.0
    callers: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    arguments: Arguments | None = None
    allocations: dict[int, int] = field(default_factory=dict)
    smaller: float = 0.0


def by_function(raw: RawFacts, locate: Locate) -> dict[Definition, FunctionFacts]:
    """Facts by the function they belong to; all counts per call of the workload.

    locate: from a frame of the tree to its function. A lambda or comprehension
    asks in the name of the function around it, and calling one is no call of that.
    """
    tree = PurePosixPath(raw.tree)
    found: defaultdict[Definition, _Function] = defaultdict(_Function)

    def at(file: str, line: int) -> Definition | None:
        place = frame("", file, line, tree)
        return locate(place) if place.in_tree else None

    for code in raw.calls:
        place = at(code.file, code.line)
        if place is not None and place.name.rpartition(".")[2] == code.name:
            found[place].calls += code.count / raw.workload_calls
            for file, line, count in code.callers:
                caller = at(file, line)
                if caller not in {None, place}:
                    found[place].callers[caller.label] += count / raw.workload_calls
    for file, line, name, average in raw.smaller.calls if raw.smaller is not None else ():
        place = at(file, line)
        if place is not None and place.name.rpartition(".")[2] == name:
            found[place].smaller += average
    for seen in raw.arguments:
        place = at(seen.file, seen.line)
        if place is not None:
            found[place].arguments = seen
    for file, line, size, _blocks in raw.memory:
        place = at(file, line)
        if place is not None:
            found[place].allocations[line] = size
    ratio = raw.smaller.ratio if raw.smaller is not None else None
    return {place: _facts(function, ratio) for place, function in found.items()}


def growth(calls: float, smaller: float, ratio: float | None) -> float | None:
    """Exponent of the calls in the input's size, from two sizes; None where it cannot be told."""
    if ratio is None or not calls or not smaller:
        return None
    return math.log(calls / smaller) / math.log(ratio)


def _facts(function: _Function, ratio: float | None) -> FunctionFacts:
    callers = sorted(function.callers.items(), key=lambda item: -item[1])[:CALLERS]
    seen = function.arguments
    compared = 0 if seen is None else seen.compared
    return FunctionFacts(
        calls=function.calls,
        callers=dict(callers),
        parameters=() if seen is None else seen.parameters,
        observed=0 if seen is None else seen.observed,
        repeated=seen.repeated / compared if seen is not None and compared >= FEWEST_COMPARED else None,
        allocations=dict(sorted(function.allocations.items())),
        growth=growth(function.calls, function.smaller, ratio),
    )
