"""Set a workload up and call it once, and say which lines of some files that executes.

    python workload_lines.py < ORDER > RECORDS

ORDER is JSON: {"key": hex, "trace": [files], "tree": path, "runner": the folder of
hotloop_target.py, "workload": {"source", "path", "roots", "size"}, "seed": int}. Records are
those of a traced run of tests (see pytest_reporter.py), all under "".
"""

import sys

import hotloop_channel as channel
from hotloop_lines import make_told


def main():
    order = channel.read_order()
    send = channel.open_channel(order.pop("key"))
    channel.leave_path()
    sys.path.insert(0, order["runner"])
    import hotloop_target  # noqa: PLC0415 - found only now

    del sys.path[0]
    told = make_told(order, send)
    workload = order["workload"]
    target = hotloop_target.load(workload["source"], workload["path"], workload["roots"], workload["size"])
    target.timed_call(target.setup(order["seed"]))
    told.after("")


if __name__ == "__main__":
    main()
