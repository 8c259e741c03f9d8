"""Pairs whose interpreters start while the pair before them is timed."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable
from contextlib import closing

import pytest

from hotloop.profilers.core import aside, measuring_core
from hotloop.profilers.engines.base import BASE, CANDIDATE, SIDES
from hotloop.profilers.engines.players import Player, players, worker_starts
from hotloop.profilers.workload import Workload
from hotloop.sandboxes import proc
from hotloop.sandboxes.base import Sandbox
from hotloop.sandboxes.local_process import LocalProcess

MakeSandbox = Callable[[dict[str, str]], Sandbox]
MakeWorkload = Callable[..., Workload]

CORES_AT_IMPORT = """
import os
AT_IMPORT = sorted(os.sched_getaffinity(0))
def setup(seed):
    return seed
def workload(state):
    raise RuntimeError(f"imported on {AT_IMPORT}, called on {sorted(os.sched_getaffinity(0))}")
"""


def said(player: Player) -> str:
    (output,) = player.turn([1])
    return output.raised or ""


@pytest.mark.parametrize("movable", [True, False])
def test_every_pair_loads_and_runs_on_the_core(
    sandbox_of: MakeSandbox, workload_of: MakeWorkload, monkeypatch: pytest.MonkeyPatch, movable: bool
) -> None:
    if not movable:
        monkeypatch.setattr(LocalProcess, "pin", lambda *_: False)
    sandboxes, core = {BASE: sandbox_of({}), CANDIDATE: sandbox_of({})}, measuring_core()
    starts = worker_starts(sandboxes, workload_of(CORES_AT_IMPORT), random.Random(1), core)
    with aside(core), closing(starts):
        for _ in range(3):
            with players(starts) as pair:
                starts.prepare({side: player.worker for side, player in pair.items()})
                texts = [said(pair[side]) for side in SIDES]
            assert all(f"imported on [{core}], called on [{core}]" in text for text in texts), texts


def test_a_pair_that_nobody_takes_is_ended(sandbox_of: MakeSandbox, workload_of: MakeWorkload) -> None:
    sandboxes, core = {BASE: sandbox_of({}), CANDIDATE: sandbox_of({})}, measuring_core()
    before = proc.descendants(os.getpid())
    starts = worker_starts(sandboxes, workload_of(CORES_AT_IMPORT), random.Random(1), core)
    with aside(core), closing(starts), players(starts) as pair:
        starts.prepare({side: player.worker for side, player in pair.items()})
        assert len(proc.descendants(os.getpid()) - before) >= len(SIDES)
    assert proc.descendants(os.getpid()) == before


def test_no_thread_of_ours_stays_on_the_core(sandbox_of: MakeSandbox, workload_of: MakeWorkload) -> None:
    """Those that pass on what the target writes are started with it."""
    sandboxes, core = {BASE: sandbox_of({}), CANDIDATE: sandbox_of({})}, measuring_core()
    assert len(os.sched_getaffinity(0)) > 1, "on one core everything shares it"
    before = {thread.native_id for thread in threading.enumerate()}
    starts = worker_starts(sandboxes, workload_of(CORES_AT_IMPORT), random.Random(1), core)
    with aside(core), closing(starts), players(starts) as pair:
        starts.prepare({side: player.worker for side, player in pair.items()})
        new = {thread.native_id for thread in threading.enumerate()} - before
        assert len(new) >= len(SIDES)
        assert not any(core in os.sched_getaffinity(thread or 0) for thread in new)
