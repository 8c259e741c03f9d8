"""Which engine fits: what base and candidate are seen to do in a few calls, on every core.

Both sides are looked at. Where either waits, or works on several cores, wall time
on all cores decides, so that neither sleeping nor going parallel games a CPU clock.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hotloop.errors import UsageError
from hotloop.profilers.command import AnyWorkload, CommandWorkload
from hotloop.profilers.engines.abba import abba
from hotloop.profilers.engines.base import (
    ABBA,
    CO_SCHEDULED,
    PING_PONG,
    SEED_LIMIT,
    SIDES,
    SLACK_NS,
    Engine,
    attributed,
    is_waiting,
)
from hotloop.profilers.engines.commands import look_at_runs
from hotloop.profilers.engines.coscheduled import co_scheduled
from hotloop.profilers.engines.looking import Look, Sight
from hotloop.profilers.engines.pingpong import ping_pong
from hotloop.profilers.engines.players import look_at_calls
from hotloop.sandboxes.base import Sandbox

AUTO = "auto"

PARALLEL = 1.3
"""CPU over wall time from which a call works on several cores."""


@dataclass(frozen=True)
class Choice:
    """An engine's name and why; what was seen of the sides that were looked at."""

    name: str
    reason: str
    seen: Mapping[str, Look] = field(default_factory=dict)


def choose(wanted: str, sandboxes: dict[str, Sandbox], workload: AnyWorkload, rng: random.Random) -> Choice:
    """Raises SideFailure, and UsageError for one that does not fit."""
    if wanted != AUTO:
        refuse_misfit(wanted, workload)
        return Choice(wanted, "the settings name it")
    seed = rng.randrange(SEED_LIMIT)
    seen: dict[str, Look] = {}
    for side in SIDES:
        with attributed(side):
            seen[side] = look_at(sandboxes[side], workload, seed)
        if reason := more_than_computing(seen[side].sights):
            return Choice(ABBA, f"{side} {reason}", seen)
    if isinstance(workload, CommandWorkload):
        return Choice(CO_SCHEDULED, "both commands compute, on one core at a time", seen)
    return Choice(PING_PONG, "both sides compute, in one thread", seen)


def look_at(sandbox: Sandbox, workload: AnyWorkload, seed: int) -> Look:
    """The same inputs for every sandbox with the same seed. Raises WorkloadFailure."""
    if isinstance(workload, CommandWorkload):
        return look_at_runs(sandbox, workload, seed)
    return look_at_calls(sandbox, workload, random.Random(seed))


def refuse_misfit(name: str, workload: AnyWorkload) -> None:
    command = isinstance(workload, CommandWorkload)
    if command and name == PING_PONG:
        raise UsageError("ping-pong times Python workload files, not commands", "Use --engine co-scheduled")
    if not command and name == CO_SCHEDULED:
        raise UsageError("co-scheduled times commands, not Python workload files", "Use --engine ping-pong")


def make_engine(
    name: str,
    sandboxes: dict[str, Sandbox],
    workload: AnyWorkload,
    rng: random.Random,
    *,
    cpu: int,
    varies: bool,
) -> Engine:
    """The engine of that name. Raises UsageError for one that does not fit the workload."""
    refuse_misfit(name, workload)
    if name == ABBA:
        return abba(sandboxes, workload, rng, varies=varies)
    if isinstance(workload, CommandWorkload):
        return co_scheduled(sandboxes, workload, rng, cpu=cpu)
    return ping_pong(sandboxes, workload, rng, cpu=cpu, varies=varies)


def more_than_computing(sights: Sequence[Sight]) -> str | None:
    """Why CPU time on one core would not do; None when it does.

    Of waiting the least is taken: a neighbour stretches many calls, not every one.
    """
    if all(is_waiting(s.wall_ns - s.delay_ns, s.cpu_ns) for s in sights):
        least = min((s.wall_ns - s.delay_ns) / max(1, s.cpu_ns) for s in sights)
        return f"waits during its calls (wall time is {least:.1f} times CPU time)"
    most = max(sights, key=lambda s: s.cpu_ns / max(1, s.wall_ns))
    if most.cpu_ns > PARALLEL * most.wall_ns and most.cpu_ns - most.wall_ns > SLACK_NS:
        return f"works on several cores (CPU time is {most.cpu_ns / most.wall_ns:.1f} times wall time)"
    return next((s.extra for s in sights if s.extra), None)
