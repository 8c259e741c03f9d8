"""Which lines a workload executes, told by a script of ours as a run of tests would."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from hotloop.repos.suites.challenge import draw
from hotloop.repos.suites.records import LARGEST, read_traced
from hotloop.repos.suites.report import Traced
from hotloop.sandboxes.base import Limits, Sandbox


def workload_lines(
    sandbox: Sandbox, workload: Mapping[str, object], files: Collection[str], *, seed: int, timeout: float
) -> Traced | None:
    """One set-up and one call, traced. None when they did not come to their end.

    workload: what a runner needs to load it. files: relative to the tree. timeout: seconds.
    """
    challenge = draw()
    order = {
        "key": challenge.key,
        "trace": sorted(files),
        "tree": str(sandbox.tree),
        "runner": str(sandbox.tools / "runner"),
        "workload": dict(workload),
        "seed": seed,
    }
    done = sandbox.run(
        [sandbox.environment.python, str(sandbox.tools / "reporters" / "workload_lines.py")],
        env={"PYTHONHASHSEED": "1"},
        limits=Limits(seconds=timeout, output_bytes=LARGEST),
        stdin=json.dumps(order).encode("ascii"),
    )
    return read_traced(done, challenge)
