"""Watches the workload closely once: who calls whom, with which arguments, and what is allocated.

`python hotloop_facts.py SECONDS TREE OUTPUT < request` writes one JSON object to
OUTPUT. Three passes, each of about SECONDS: call counts by caller (cProfile),
arguments at the functions that matter (sys.setprofile), memory held by line
(tracemalloc). All of them slow the target down: their times are never reported.
Runs beside target code: Python 3.9+, no dependencies.
"""

import cProfile
import json
import os
import sys
import threading
import time
import tracemalloc

HERE = os.path.dirname(os.path.abspath(__file__))

import hotloop_arguments  # noqa: E402  (found beside this file, which then leaves the path)
import hotloop_profile  # noqa: E402  (as above)
import hotloop_target  # noqa: E402  (as above)

FUNCTIONS = 400
CALLERS = 12
WATCHED = 30
LINES = 60
FRAMES = 12
SNAPSHOT_SECONDS = 0.05
MOST_SNAPSHOTS = 20
SHRINK = 4


def count_calls(target, seed, seconds, tree):
    """Rows of `pstats` for functions of the tree, and how many workload calls they cover."""
    profiler = cProfile.Profile()
    calls = hotloop_profile.run(target, seed, seconds, profiler)
    inside = [row for row in hotloop_profile.rows(profiler) if row[0].startswith(tree)]
    inside.sort(key=lambda row: -(row[4] + row[5]))
    for row in inside:
        row[6] = sorted(row[6], key=lambda entry: -entry[3])[:CALLERS]
    return calls, inside[:FUNCTIONS]


def count_smaller(target, request, seconds, tree):
    """The same on an input of a quarter the size, where the workload has sizes: how calls grow."""
    whole = request.get("size") or target.default_size()
    if not whole or whole < 2 * SHRINK:
        return None
    size = whole // SHRINK
    smaller = hotloop_target.load(request["source"], request["path"], request["roots"], size)
    calls, rows = count_calls(smaller, request["seed"], seconds, tree)
    return {"ratio": whole / size, "calls": calls, "rows": [row[:4] for row in rows]}


def watch_arguments(target, seed, seconds, chosen):
    """What each function of `chosen`, {(file, first line)}, was called with."""
    watcher = hotloop_arguments.Watcher(chosen, time.monotonic() + seconds)
    end, calls = time.monotonic() + seconds, 0
    while calls == 0 or (time.monotonic() < end and not watcher.done()):
        state = target.setup(seed + calls)
        watcher.begin()
        sys.setprofile(watcher)
        try:
            target.timed_call(state)
        finally:
            sys.setprofile(None)
        calls += 1
    return watcher.rows()


def watch_memory(target, seed, seconds, tree):
    """[[file, line, bytes, blocks], ...]: the most that each line of the tree held at one time."""
    held = {}
    stop = threading.Event()

    def look():
        for _ in range(MOST_SNAPSHOTS):
            if stop.wait(SNAPSHOT_SECONDS):
                return
            add_snapshot(held, tree)

    end, calls = time.monotonic() + seconds, 0
    looker = threading.Thread(target=look, daemon=True)
    while calls == 0 or time.monotonic() < end:
        state = target.setup(seed + calls)
        tracemalloc.start(FRAMES)
        if calls == 0:
            looker.start()
        result = target.timed_call(state)
        if calls == 0:
            add_snapshot(held, tree)
        del result
        calls += 1
    stop.set()
    looker.join()
    tracemalloc.stop()
    lines = sorted(held.items(), key=lambda item: -item[1][0])[:LINES]
    return [[file, line, size, blocks] for (file, line), (size, blocks) in lines]


def add_snapshot(held, tree):
    """Add what is held now to the largest seen, each block at the innermost line of the tree."""
    now = {}
    for trace in tracemalloc.take_snapshot().traces:
        inside = [frame for frame in trace.traceback if frame.filename.startswith(tree)]
        if inside:
            key = (inside[-1].filename, inside[-1].lineno)
            size, blocks = now.get(key, (0, 0))
            now[key] = (size + trace.size, blocks + 1)
    for key, value in now.items():
        held[key] = max(held.get(key, (0, 0)), value)


def main():
    seconds, tree, output = float(sys.argv[1]), sys.argv[2].rstrip("/") + "/", sys.argv[3]
    request = json.loads(sys.stdin.read())
    del sys.argv[1:]
    target = hotloop_target.load(request["source"], request["path"], request["roots"], request.get("size"))
    seed = request["seed"]
    calls, rows = count_calls(target, seed, seconds, tree)
    chosen = {(row[0], row[1]) for row in rows[:WATCHED]}
    found = {
        "calls": calls,
        "rows": rows,
        "smaller": count_smaller(target, request, seconds / 2, tree),
        "arguments": watch_arguments(target, seed, seconds, chosen),
        "memory": watch_memory(target, seed, seconds, tree),
    }
    with open(output, "w") as file:
        json.dump(found, file)


if __name__ == "__main__":
    main()
