"""A live process that calls the workload when told to, and tells nothing of time.

Reads one JSON request a line and answers one JSON object a line; the first is
`import`, with the workload's source and name, `roots` and `floats_apart`.
Runs beside target code: Python 3.9+, no dependencies.
"""

import gc
import json
import os
import sys
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))

import hotloop_canon  # noqa: E402  (found beside this file, which then leaves the path)
import hotloop_target  # noqa: E402

sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != HERE]


class Worker:
    def __init__(self):
        self.floats_apart = False
        self.target = None
        self.states = []
        self.results = []

    def do_ready(self, request):
        return {}

    def do_import(self, request):
        self.floats_apart = request["floats_apart"]
        self.target = hotloop_target.load(
            request["source"], request["path"], request["roots"], request.get("size")
        )
        return {"kind": self.target.kind, "size": self.target.default_size()}

    def do_setup(self, request):
        self.states = [self.target.setup(seed) for seed in request["seeds"]]
        gc.collect()  # what set-up left behind is not the call's to clean up
        return {}

    def do_call(self, request):
        timed_call, results = self.target.timed_call, []
        for state in self.states:
            try:
                results.append(timed_call(state))
            except Exception as error:
                results.append(error)
        self.results = results
        return {}

    def do_digest(self, request):
        rows, uncompared = [], set()
        for state, result in zip(self.states, self.results):  # noqa: B905 (3.9 has no `strict`)
            canon = hotloop_canon.Canon(self.floats_apart, request.get("leaves", False))
            canon.add(result)
            if request.get("states", False):
                canon.add(_comparable(state), "state")
            rows.append(row(canon, result))
            uncompared |= canon.uncompared
        self.states, self.results = [], []
        return {"rows": rows, "uncompared": sorted(uncompared)[:50]}

    def do_loaded(self, request):
        return {"modules": hotloop_target.loaded_modules(set(request["modules"]))[:2000]}


def row(canon, result):
    """What another process may know of a result."""
    found = {"digest": canon.digest(), "nothing": result is None}
    if isinstance(result, BaseException):
        found["raised"] = describe(result)
    if canon.floats is not None:
        found["floats"] = [value.hex() for value in canon.floats]
    if canon.leaves is not None:
        found["leaves"] = canon.leaves
    return found


def _comparable(state):
    """What of the state may show a mutated argument: plain containers, not live objects."""
    return state if isinstance(state, (list, dict, set, tuple, bytearray)) else None


def describe(error):
    """Type, text and place of an exception."""
    frames = traceback.extract_tb(error.__traceback__)
    where = "%s:%d in %s" % (frames[-1].filename, frames[-1].lineno, frames[-1].name) if frames else ""
    return {"type": type(error).__name__, "text": str(error)[:2000], "where": where[:500]}


def answer(worker, line):
    try:
        request = json.loads(line)
        reply = getattr(worker, "do_" + request["op"])(request)
        reply["ok"] = True
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        reply = {"ok": False, "error": describe(error)}
    return json.dumps(reply).encode() + b"\n"


def serve(worker):
    """Answer requests until there are none, or one says `exit`."""
    # The target gets neither the request nor the reply pipe as its standard streams.
    requests, replies = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    with os.fdopen(requests, "rb") as source, os.fdopen(replies, "wb") as sink:
        for line in source:
            if line == b'{"op": "exit"}\n':
                return
            sink.write(answer(worker, line))
            sink.flush()


if __name__ == "__main__":
    serve(Worker())
