"""Profiles of a run's trees: where the time goes, ranked, with facts about the hot functions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hotloop.agent.workshop import Workshop
from hotloop.errors import UsageError
from hotloop.profilers import memray
from hotloop.profilers.capture import make_profiler
from hotloop.profilers.command import CommandWorkload
from hotloop.profilers.errors import ProfilerError
from hotloop.profilers.facts import RawFacts, gather_facts
from hotloop.profilers.hotspots import hotspots, library_hotspots
from hotloop.profilers.profile import Hotspot, Profile
from hotloop.profilers.pyspy import PySpy
from hotloop.profilers.pyspy_command import profile_command
from hotloop.profilers.workload import Workload, WorkloadFailure
from hotloop.sandboxes.base import Sandbox

TIMERS = frozenset({"pyspy", "cprofile"})
"""Profilers whose unit is time. The loop needs one of them; the others answer other questions."""

KEPT = 40


@dataclass(frozen=True)
class Profiled:
    """One profile and what was read from it, hotspots most important first."""

    profile: Profile
    hotspots: list[Hotspot]


def refuse_other_units(profiler: str) -> None:
    """Raises UsageError for a profiler that the loop cannot be led by."""
    if profiler not in TIMERS:
        raise UsageError(
            f"{profiler} does not measure time, which a run is about",
            f"Use {' or '.join(sorted(TIMERS))}; hotloop profile takes all of them",
        )


def take_profile(shop: Workshop, tree: Path, *, with_facts: bool = True, native: bool = False) -> Profiled:
    """Run the workload in `tree` under the chosen profiler, and once more to gather facts.

    native: C functions too, which py-spy alone can see. Raises UsageError when the
    workload fails under the profiler.
    """
    settings = shop.settings
    if settings.profiler == "memray":
        memray.offer(shop.folder.tools / memray.OFFERED)
    try:
        with shop.sandbox(tree) as sandbox:
            profile = _profile(shop, sandbox, native)
            wanted = with_facts and settings.profiler in TIMERS
            facts = _facts(shop, sandbox) if wanted else None
    except WorkloadFailure as failure:
        raise UsageError(
            f"The workload fails under the profiler: {failure}", "Try --profiler cprofile"
        ) from None
    excluded = frozenset({str(shop.workload.path)})
    found = hotspots(profile, tree, excluded, facts)
    if settings.profiler == "callgrind":
        found = library_hotspots(profile)
    return Profiled(profile, found[:KEPT])


def _profile(shop: Workshop, sandbox: Sandbox, native: bool) -> Profile:
    """Raises UsageError for a profiler that takes no commands, or sees no C functions."""
    name, workload, seed = shop.settings.profiler, shop.workload, shop.settings.seed
    if native and (name != "pyspy" or isinstance(workload, CommandWorkload)):
        raise UsageError("Only py-spy on a workload file samples C functions", "Leave out --native")
    if not isinstance(workload, CommandWorkload):
        profiler = PySpy(native=True) if native else make_profiler(name)
        return profiler.profile(sandbox, workload, seed)
    if name != "pyspy":
        raise UsageError(f"The profiler {name} takes a workload file, not a command", "Use --profiler pyspy")
    found = profile_command(sandbox, workload, seed)
    if not found.stacks:
        shop.events.log("the command runs no Python: nothing is known of where its time goes")
    return found


def _facts(shop: Workshop, sandbox: Sandbox) -> RawFacts | None:
    """None where they cannot be had: a hotspot without them is still a hotspot."""
    if not isinstance(shop.workload, Workload):
        return None
    try:
        return gather_facts(sandbox, shop.workload, shop.settings.seed)
    except (WorkloadFailure, ProfilerError) as error:
        shop.events.log(f"no facts about the hot functions: {error}")
        return None
