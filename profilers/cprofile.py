"""cProfile: exact call counts, at the price of slowing small functions most."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Any

from hotloop.profilers.capture import SECONDS, frame, read_output, run_watched
from hotloop.profilers.errors import ProfilerError
from hotloop.profilers.profile import Profile, Stack
from hotloop.profilers.workload import Workload
from hotloop.sandboxes.base import Sandbox


class CProfile:
    """Call counts and times by function. Stacks are two deep: a caller and a callee."""

    name = "cprofile"

    def profile(self, sandbox: Sandbox, workload: Workload, seed: int, seconds: float = SECONDS) -> Profile:
        output = sandbox.scratch / "cprofile.json"
        done = run_watched(
            sandbox, workload, prefix=[], mode="cprofile", seed=seed, seconds=seconds, output=output
        )
        try:
            data = json.loads(read_output(sandbox, output, done))
            return from_rows(data["rows"], sandbox.tree)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise ProfilerError("cProfile's output could not be read") from error


def from_rows(rows: list[Any], tree: PurePosixPath) -> Profile:
    """Rows of `pstats` as a profile. Own time goes to (caller, function) by the time that caller caused."""
    stacks: list[Stack] = []
    calls: dict[str, int] = {}
    for file, line, name, count, own, _total, callers in rows:
        if str(file).endswith(("hotloop_target.py", "hotloop_profile.py")):
            continue
        callee = frame(str(name), str(file), int(line), tree)
        if callee.in_tree:
            calls[f"{callee.file}:{callee.line}"] = int(count)
        if not callers and own > 0:
            stacks.append(Stack(frames=(callee,), weight=float(own)))
        for caller_file, caller_line, caller_name, _calls, caller_own, _cumulative in callers:
            caller = frame(str(caller_name), str(caller_file), int(caller_line), tree)
            if caller_own > 0:
                stacks.append(Stack(frames=(caller, callee), weight=float(caller_own)))
    if not stacks:
        raise ProfilerError("cProfile saw no call inside the workload")
    return Profile(profiler="cprofile", unit="seconds", stacks=tuple(stacks), calls=calls)
