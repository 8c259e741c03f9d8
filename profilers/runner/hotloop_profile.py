"""Calls the workload over and over for a profiler to watch.

Started as `python hotloop_profile.py MODE SECONDS OUTPUT` with one JSON object
on stdin: `source`, `path`, `roots` and `seed`. MODE `plain` only runs (an outer
sampler watches), `cprofile` writes pstats rows as JSON to OUTPUT. Runs beside
target code: Python 3.9+, no dependencies.
"""

import cProfile
import json
import os
import pstats
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))

import hotloop_target  # noqa: E402  (found beside this file, which then leaves the path)

sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != HERE]


def run(target, seed, seconds, profiler=None):
    """At least one call; set-up is never watched."""
    end = time.monotonic() + seconds
    calls = 0
    while calls == 0 or time.monotonic() < end:
        state = target.setup(seed + calls)
        if profiler is not None:
            profiler.enable()
        try:
            target.timed_call(state)
        finally:
            if profiler is not None:
                profiler.disable()
        calls += 1
    return calls


def rows(profiler):
    """[[file, line, function, calls, self seconds, total seconds, callers], ...]."""
    out = []
    for (file, line, name), (_, calls, own, total, callers) in pstats.Stats(profiler).stats.items():
        above = [[f, ln, n, entry[0], entry[2], entry[3]] for (f, ln, n), entry in callers.items()]
        out.append([file, line, name, calls, own, total, above])
    return out


def main():
    mode, seconds, output = sys.argv[1], float(sys.argv[2]), sys.argv[3]
    request = json.loads(sys.stdin.read())
    del sys.argv[1:]
    target = hotloop_target.load(request["source"], request["path"], request["roots"], request.get("size"))
    profiler = cProfile.Profile() if mode == "cprofile" else None
    calls = run(target, request["seed"], seconds, profiler)
    if profiler is not None:
        with open(output, "w") as file:
            json.dump({"calls": calls, "rows": rows(profiler)}, file)


if __name__ == "__main__":
    main()
