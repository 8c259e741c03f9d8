"""Follows every allocation of one call with memray, and says who held what at the peak.

`python hotloop_memory.py OFFERED CAPTURE OUTPUT < request`: OFFERED is a folder with a
memray for this Python, used when the target's environment has none. Writes
{"stacks": [[bytes, blocks, [[function, file, line], ...]], ...]}, innermost frame first.
Runs beside target code: Python 3.9+, no dependencies but memray, loaded by name.
"""

import importlib
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))

import hotloop_target  # noqa: E402  (found beside this file, which then leaves the path)

sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != HERE]

STACKS = 5000
FRAMES = 200


def main():
    offered, capture, output = sys.argv[1:4]
    request = json.loads(sys.stdin.read())
    del sys.argv[1:]
    sys.path.append(offered)  # for good: memray imports more once it tracks
    try:
        memray = importlib.import_module("memray")  # only now is its folder on the path
    except ImportError as error:
        sys.exit("hotloop: no memray (%s)" % error)
    target = hotloop_target.load(request["source"], request["path"], request["roots"], request.get("size"))
    target.timed_call(target.setup(request["seed"]))  # what is made once and kept is no cost of a call
    state = target.setup(request["seed"] + 1)
    with memray.Tracker(capture, trace_python_allocators=True):
        target.timed_call(state)
    records = memray.FileReader(capture).get_high_watermark_allocation_records(merge_threads=True)
    largest = sorted(records, key=lambda record: -record.size)[:STACKS]
    stacks = [[one.size, one.n_allocations, one.stack_trace(max_stacks=FRAMES)] for one in largest]
    with open(output, "w") as file:
        json.dump({"stacks": stacks}, file)


if __name__ == "__main__":
    main()
