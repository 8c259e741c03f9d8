"""Makes a given number of calls and ends at once, for a counter of instructions to watch.

Started as `python hotloop_count.py CALLS TOTAL` with one JSON object on stdin: `source`,
`path`, `roots`, `size` and `seed`. All TOTAL inputs are made whatever CALLS is, so that two
runs differ by their calls alone. Runs beside target code: Python 3.9+, no dependencies.
"""

import gc
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))

import hotloop_target  # noqa: E402  (found beside this file, which then leaves the path)

sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != HERE]


def main():
    calls, total = int(sys.argv[1]), int(sys.argv[2])
    request = json.loads(sys.stdin.read())
    del sys.argv[1:]
    target = hotloop_target.load(request["source"], request["path"], request["roots"], request.get("size"))
    states = [target.setup(request["seed"] + number) for number in range(total)]
    gc.collect()  # what set-up left behind is not the calls' to clean up
    for state in states[:calls]:
        target.timed_call(state)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # tearing down would count what was not called too


if __name__ == "__main__":
    main()
