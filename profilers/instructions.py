"""Instructions that a call takes: a second signal, for where time cannot decide. It decides nothing.

Counted are two runs of the same program that differ by some calls alone, in one hash seed
and without address randomisation; what starting, importing and setting up takes cancels
out. A processor's counters are read with perf where there are any; else callgrind counts
(https://valgrind.org/docs/manual/cl-manual.html). Neither sees a cache miss, a mispredicted
branch or a system call's own work, so fewer instructions need not be less time.
"""

from __future__ import annotations

import json
import math
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from statistics import fmean, median

from hotloop.profilers.command import CommandWorkload
from hotloop.profilers.engines.base import BASE, CANDIDATE, SEED_LIMIT
from hotloop.profilers.errors import ProfilerError
from hotloop.profilers.verdict import Instructions, Verdict
from hotloop.profilers.workload import Workload
from hotloop.sandboxes.base import Completed, Limits, Sandbox
from hotloop.sandboxes.environ import SINGLE_THREAD

REPEATS = 3
WARM_CALLS = 1
COUNTED_NS = 5e7
"""Time, uninstrumented, of the calls that are counted: some seconds under callgrind."""

MOST_CALLS = 20
SLOWER = 100.0
"""How much longer than uninstrumented a run may take before it is given up."""

STARTUP_SECONDS = 60.0
LOG_LIMIT = 1 << 20


class Uncountable(ProfilerError):
    """Instructions cannot be counted here, or not of this; the message says why."""


@dataclass(frozen=True)
class Counter:
    """What counts. command: what to put before a program, given the file to write to."""

    source: str
    command: Callable[[str], list[str]]
    parse: Callable[[str], int | None]


def perf_count(text: str) -> int | None:
    """From `perf stat -x,`: the count is the first field, or a text in angle brackets."""
    for row in text.splitlines():
        value, _, rest = row.partition(",")
        if "instructions" in rest and value.isdecimal():
            return int(value)
    return None


def callgrind_count(text: str) -> int | None:
    """The last line `==pid== Collected : count` of valgrind's log."""
    found = re.findall(r"^==\d+== Collected : (\d+)", text, re.MULTILINE)
    return int(found[-1]) if found else None


PERF = Counter(
    "perf", lambda file: ["perf", "stat", "-x,", "-e", "instructions:u", "-o", file, "--"], perf_count
)
CALLGRIND = Counter(
    "callgrind",
    lambda file: ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", f"--log-file={file}"],
    callgrind_count,
)


def find_counter(sandbox: Sandbox) -> Counter:
    """The processor's own counters before a simulated one. Raises Uncountable, saying what lacks."""
    reasons = []
    for counter in (PERF, CALLGRIND):
        try:
            command = counter.command(str(counter_file(sandbox, counter)))
            check_done(sandbox.run([*command, "true"], limits=Limits(seconds=STARTUP_SECONDS)))
            read_count(sandbox, counter)
        except Uncountable as error:
            reasons.append(f"{counter.source}: {error}")
        else:
            return counter
    raise Uncountable("; ".join(reasons))


def count_instructions(
    sandboxes: Mapping[str, Sandbox], workload: Workload, *, call_ns: float, seed: int
) -> Instructions:
    """Instructions per call of base and candidate, `REPEATS` times under as many hash seeds.

    sandboxes: by side. call_ns: about what a call takes, to choose how many are counted.
    Raises Uncountable.
    """
    counter = find_counter(sandboxes[BASE])
    fixed = fixed_addresses(sandboxes[BASE])
    calls = math.ceil(min(MOST_CALLS, max(1.0, COUNTED_NS / max(1.0, call_ns))))
    rng = random.Random(f"instructions/{seed}")
    found: dict[str, list[float]] = {BASE: [], CANDIDATE: []}
    for _ in range(REPEATS):
        program = Program(
            workload, calls, rng.randrange(SEED_LIMIT), rng.randrange(1, 1 << 32), fixed, call_ns
        )
        for side, counts in found.items():
            program.leave_bytecode(sandboxes[side])
            counts.append(program.per_call(sandboxes[side], counter))
    return summed_up(found, counter.source, calls, fixed)


@dataclass(frozen=True)
class Program:
    """One workload, its inputs and hash seed: what is run on both sides alike."""

    workload: Workload
    calls: int
    seed: int
    hash_seed: int
    fixed: bool
    call_ns: float

    def per_call(self, sandbox: Sandbox, counter: Counter) -> float:
        """Raises Uncountable."""
        counts = [self._count(sandbox, counter, made) for made in (WARM_CALLS, WARM_CALLS + self.calls)]
        if counts[1] <= counts[0]:
            raise Uncountable("more calls took no more instructions")
        return (counts[1] - counts[0]) / self.calls

    def leave_bytecode(self, sandbox: Sandbox) -> None:
        """A run that is not counted: what it compiles, the counted ones only load. Raises Uncountable."""
        self._run(sandbox, [], WARM_CALLS)

    def _count(self, sandbox: Sandbox, counter: Counter, calls: int) -> int:
        output = counter_file(sandbox, counter)
        # Addresses are fixed for the counter as well: what it maps moves what it watches.
        first = ["setarch", "-R"] if self.fixed else []
        self._run(sandbox, [*first, *counter.command(str(output))], calls)
        return read_count(sandbox, counter)

    def _run(self, sandbox: Sandbox, watched_by: list[str], calls: int) -> None:
        runner, total = sandbox.tools / "runner" / "hotloop_count.py", WARM_CALLS + self.calls
        done = sandbox.run(
            [*watched_by, sandbox.environment.python, str(runner), str(calls), str(total)],
            env={"PYTHONHASHSEED": str(self.hash_seed), **SINGLE_THREAD},
            limits=Limits(
                seconds=STARTUP_SECONDS + SLOWER * total * self.call_ns / 1e9,
                memory_mb=2 * self.workload.memory_mb,
            ),
            stdin=json.dumps({**self.workload.request(sandbox), "seed": self.seed}).encode(),
        )
        check_done(done)


def check_done(done: Completed) -> None:
    """Raises Uncountable unless it ended well."""
    if not done.ok:
        last = done.text().strip().splitlines()[-1:]
        raise Uncountable(
            "out of time" if done.timed_out else f"exit {done.exit_code}: {''.join(last)[:300]}"
        )


def counter_file(sandbox: Sandbox, counter: Counter) -> PurePosixPath:
    return sandbox.scratch / "tmp" / f"{counter.source}.count"


def read_count(sandbox: Sandbox, counter: Counter) -> int:
    """What the counter wrote. Raises Uncountable."""
    count = counter.parse(_read(sandbox, counter_file(sandbox, counter)))
    if count is None:
        raise Uncountable("it ran and gave no count: this machine has no counter of instructions to read")
    return count


def _read(sandbox: Sandbox, path: PurePosixPath) -> str:
    try:
        return sandbox.read(path, LOG_LIMIT).decode("utf-8", "replace")
    except FileNotFoundError as error:
        raise Uncountable("it wrote no result") from error


def fixed_addresses(sandbox: Sandbox) -> bool:
    """Whether address randomisation can be turned off inside; container engines may forbid it."""
    return sandbox.run(["setarch", "-R", "true"]).ok


def summed_up(found: Mapping[str, list[float]], source: str, calls: int, fixed: bool) -> Instructions:
    """Ratio and its extremes over the repeats, from instructions per call by side."""
    logs = [math.log(old / new) for old, new in zip(found[BASE], found[CANDIDATE], strict=True)]
    return Instructions(
        ratio=math.exp(fmean(logs)),
        low=math.exp(min(logs)),
        high=math.exp(max(logs)),
        source=source,
        base=median(found[BASE]),
        candidate=median(found[CANDIDATE]),
        calls=calls,
        repeats=len(logs),
        fixed_addresses=fixed,
    )


def with_instructions(
    verdict: Verdict, sandboxes: Mapping[str, Sandbox], workload: Workload | CommandWorkload, seed: int
) -> Verdict:
    """The same verdict with the second signal beside it, or with a note that says why not."""
    try:
        if isinstance(workload, CommandWorkload):
            raise Uncountable("only calls of a workload file are counted")
        call_ns = verdict.phases["call"].base_ns
        found = count_instructions(sandboxes, workload, call_ns=call_ns, seed=seed)
    except Uncountable as error:
        note = f"instructions are unavailable: {error}"
        return verdict.model_copy(update={"notes": (*verdict.notes, note)})
    return verdict.model_copy(update={"instructions": found})
