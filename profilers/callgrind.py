"""callgrind: instructions by C function, counted exactly, at some fifty times the run time.

It sees the interpreter and compiled extensions, not lines of Python: a profile of a
Python program names `_PyEval_EvalFrameDefault`, `dict_lookup` and what an extension does.
Two runs that differ by some calls alone are subtracted, so that starting, importing and
setting up cancel out. https://valgrind.org/docs/manual/cl-format.html
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TypeVar

from hotloop.errors import UsageError
from hotloop.profilers.capture import SECONDS, frame, read_output, run_runner
from hotloop.profilers.errors import ProfilerError
from hotloop.profilers.profile import Frame, Profile, Stack
from hotloop.profilers.workload import Workload
from hotloop.sandboxes.base import Limits, Sandbox

WARM_CALLS = 1
CALLS = 2
SLOWDOWN = 20.0
UNKNOWN = "???"

_NAME = re.compile(r"\((\d+)\)(?: (.*))?")
_RECURSION = re.compile(r"'\d+\Z")  # callgrind's mark of how deep a recursion is
_SPEC = re.compile(r"(c?(?:ob|fl|fi|fe|fn))=(.*)")

Function = tuple[str, str]
"""An object file and a name in it."""
Key = TypeVar("Key")


@dataclass
class Costs:
    """Instructions in each function itself, calls of it, and instructions below each call of it."""

    own: defaultdict[Function, float] = field(default_factory=lambda: defaultdict(float))
    calls: defaultdict[Function, int] = field(default_factory=lambda: defaultdict(int))
    below: defaultdict[tuple[Function, Function], float] = field(default_factory=lambda: defaultdict(float))


class Callgrind:
    """See `hotloop.profilers.capture.Profiler`. `seconds` does not apply: whole calls are counted."""

    name = "callgrind"

    def profile(self, sandbox: Sandbox, workload: Workload, seed: int, seconds: float = SECONDS) -> Profile:
        found = sandbox.run(["sh", "-c", "command -v valgrind"], limits=Limits(seconds=60.0))
        if not found.ok:
            raise UsageError(
                f"There is no valgrind where the target runs ({sandbox.environment.backend})",
                "Install it: apt-get install valgrind, in the image if that is Docker",
            )
        few, many = (self._count(sandbox, workload, seed, calls) for calls in (0, CALLS))
        return to_profile(few, many, sandbox.tree)

    def _count(self, sandbox: Sandbox, workload: Workload, seed: int, calls: int) -> Costs:
        output = sandbox.scratch / f"callgrind-{calls}.out"
        prefix = ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={output}"]
        done = run_runner(
            sandbox,
            workload,
            "hotloop_count.py",
            [str(WARM_CALLS + calls), str(WARM_CALLS + CALLS)],
            seed=seed,
            seconds=workload.call_timeout,
            prefix=prefix,
            slowdown=SLOWDOWN,
        )
        return parse(read_output(sandbox, output, done).decode("utf-8", "replace").splitlines())


def parse(lines: Iterable[str]) -> Costs:
    """Costs from callgrind's own format, names compressed or not. Raises ProfilerError."""
    costs, names = Costs(), _Names()
    place: dict[str, str] = defaultdict(lambda: UNKNOWN)
    called: Function | None = None
    for line in lines:
        spec = _SPEC.fullmatch(line)
        if spec is not None:
            _enter(place, spec[1], names.read(spec[1], spec[2]))
        elif line.startswith("calls="):
            called = (place["cob"], place["cfn"])
            costs.calls[called] += _number(line.removeprefix("calls=").split()[0])
        elif line and (line[0].isdecimal() or line[0] in "+-*"):
            caller = (place["ob"], place["fn"])
            cost = _number(line.split()[1]) if len(line.split()) > 1 else 0
            if called is None:
                costs.own[caller] += cost
            else:
                costs.below[caller, called] += cost
                place["cob"] = place["ob"]
            called = None
    if not costs.own:
        raise ProfilerError("callgrind counted nothing")
    return costs


def _enter(place: dict[str, str], key: str, name: str) -> None:
    """A new position. A call is into the caller's own object unless `cob` says otherwise."""
    place[key] = name
    if key in {"ob", "fn"}:
        place["cob"] = place["ob"]


class _Names:
    """`(12) name` defines a number for a name, `(12)` stands for it; one list a kind of name."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], str] = {}

    def read(self, key: str, text: str) -> str:
        match = _NAME.fullmatch(text)
        if match is None:
            return _RECURSION.sub("", text)
        kind = key.lstrip("c")
        kind = "fl" if kind in {"fi", "fe"} else kind
        if match[2] is not None:
            self._known[kind, match[1]] = match[2]
        return _RECURSION.sub("", self._known.get((kind, match[1]), UNKNOWN))


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise ProfilerError("callgrind's output could not be read") from error


def to_profile(few: Costs, many: Costs, tree: PurePosixPath) -> Profile:
    """What `many` has more than `few`, for one call.

    Stacks are two deep, a caller and a callee: own instructions go to the callers by
    what each of them caused. Functions that calls alone do not run come out as nothing.
    """
    below = _more(few.below, many.below)
    callers: defaultdict[Function, dict[Function, float]] = defaultdict(dict)
    for (caller, callee), cost in below.items():
        callers[callee][caller] = cost
    stacks = [
        stack
        for function, own in _more(few.own, many.own).items()
        for stack in _stacks(function, own / CALLS, callers[function], tree)
    ]
    if not stacks:
        raise ProfilerError("callgrind saw no difference between fewer and more calls")
    counted = _more(few.calls, many.calls)
    return Profile(
        profiler=Callgrind.name,
        unit="instructions",
        stacks=tuple(stacks),
        calls={f"{file}:{name}": round(count / CALLS) for (file, name), count in counted.items()},
    )


def _more(few: Mapping[Key, float], many: Mapping[Key, float]) -> dict[Key, float]:
    grown = {key: count - few.get(key, 0) for key, count in many.items()}
    return {key: count for key, count in grown.items() if count > 0}


def _stacks(
    function: Function, own: float, callers: Mapping[Function, float], tree: PurePosixPath
) -> Iterator[Stack]:
    callee, whole = _frame(function, tree), sum(callers.values())
    if not whole:
        yield Stack(frames=(callee,), weight=own)
    for caller, cost in callers.items():
        yield Stack(frames=(_frame(caller, tree), callee), weight=own * cost / whole)


def _frame(function: Function, tree: PurePosixPath) -> Frame:
    return frame(function[1], function[0], 0, tree)
