"""Records real calls of chosen functions while a workload or tests run: arguments as they are at entry.

`python hotloop_record.py < request` calls a workload; `begin(config)` records in any process.
Each call becomes a line in two files: CALLS, with the arguments pickled, which nothing
but `hotloop_replay` in another sandbox ever loads, and INDEX, with what is plain data
among them. The functions are watched from outside and stay what they are.
Runs beside target code: Python 3.9+, no dependencies.
"""

import base64
import io
import json
import os
import pickle
import random
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
if HERE not in sys.path:
    sys.path.insert(0, HERE)

import hotloop_files  # noqa: E402  (found beside this file, which then leaves the path)
import hotloop_plain  # noqa: E402  (as above)
import hotloop_target  # noqa: E402  (as above)

sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != HERE]

VARARGS, KEYWORDS = 0x04, 0x08  # flags of code objects, as inspect names them
GENERATORS = 0x20 | 0x80 | 0x200
OBSERVED = 20_000
LONGEST = 1 << 20
LARGEST = 200_000
DEPTH = 3
CLASSES = 40
CERTAIN = 2  # of each kind: what one call leaves behind for the next one shows by two


class Pickler(pickle.Pickler):
    """Also keeps the names of all classes that the pickled objects are of, and of those they derive from."""

    def __init__(self):
        self.file = io.BytesIO()
        self.classes = set()
        super().__init__(self.file, 4)

    def reducer_override(self, value):
        self.classes.update("%s.%s" % (kind.__module__, kind.__qualname__) for kind in type(value).__mro__)
        return NotImplemented

    def dumps(self, value):
        self.dump(value)
        return self.file.getvalue()


class Recorder:
    """Keeps calls that differ in the types and sizes of their arguments, some of each kind."""

    def __init__(self, config):
        self.functions = {(file, line): number for number, (file, line) in enumerate(config["functions"])}
        self.most, self.each, self.room = config["most"], config["each"], config["bytes"]
        self.end = time.monotonic() + config["seconds"]
        self.random = random.Random(config["seed"])
        self.calls = os.open(config["calls"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.index = os.open(config["index"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.prefix = config["prefix"]
        self.busy = threading.local()
        self.codes = {}
        self.seen = {}
        self.kept = {}
        self.observed = {}
        self.count = 0

    def number_of(self, code):
        """Which of the functions has this code; None for all others."""
        if code not in self.codes:
            place = (os.path.abspath(code.co_filename), code.co_firstlineno)
            self.codes[code] = None if code.co_name[:1] == "<" else self.functions.get(place)
        return self.codes[code]

    def enter(self, number, frame):
        """Look at one call; whether there may be more to see of its function."""
        if getattr(self.busy, "now", False):
            return True
        self.busy.now = True
        try:
            self._look(number, frame)
        finally:
            self.busy.now = False
        seen = self.observed[number] = self.observed.get(number, 0) + 1
        full = self.kept.get(number, 0) >= self.most or seen >= OBSERVED
        return not full and time.monotonic() < self.end

    def _look(self, number, frame):
        arguments = _arguments(frame)
        if arguments is None:
            return
        kind = (number, tuple(_kind(value, 0) for _, _, value in arguments))
        seen = self.seen[kind] = self.seen.get(kind, 0) + 1
        # Which others is left to chance, so that runs differ.
        if seen > CERTAIN and (seen > 50 * self.each or self.random.random() > 0.5):
            return
        if self.kept.get(number, 0) >= self.most or self.kept.get(kind, 0) >= self.each:
            return
        problem = self._store(number, frame, arguments)
        if problem is not None:
            row = {"function": number, "problem": problem[:300], "streams": _streams(arguments)}
            self._write(self.index, row)
            self.seen[kind] += 50 * self.each
            return
        self.kept[number] = self.kept.get(number, 0) + 1
        self.kept[kind] = self.kept.get(kind, 0) + 1

    def _store(self, number, frame, arguments):
        """Write the call down; why it cannot be, where that is so."""
        if any(_is_huge(value) for _, _, value in arguments):
            return "arguments are too large"
        pickler, others = Pickler(), Pickler()
        try:
            data = pickler.dumps(arguments)
            if frame.f_code.co_name == "__init__":
                others.dumps(arguments[1:])  # at entry the object itself holds nothing yet
        except Exception as error:
            return "arguments cannot be copied: %s: %s" % (type(error).__name__, error)
        if len(data) > LONGEST or self._is_full():
            return "arguments are too large, or there is no room for more"
        self.count += 1
        name = "%s-%d-%d" % (self.prefix, os.getpid(), self.count)
        plain = [[how, key, _plain(value)] for how, key, value in arguments]
        module = str(frame.f_globals.get("__name__"))
        kept = hotloop_files.kept(arguments)
        self._write(self.calls, {"id": name, "data": base64.b64encode(data).decode(), **kept})
        known = others if frame.f_code.co_name == "__init__" else pickler
        classes = sorted(known.classes)[:CLASSES]
        row = {"function": number, "id": name, "module": module, "plain": plain, "classes": classes}
        row["streams"] = _streams(arguments)
        self._write(self.index, row)
        return None

    def _is_full(self):
        return any(os.fstat(file).st_size > self.room for file in (self.calls, self.index))

    def _write(self, file, row):
        os.write(file, json.dumps(row).encode() + b"\n")


def _arguments(frame):
    """[how it is passed, name, value]: "p" by position, "k" by name, "*" and "**"; None if one is gone."""
    code, local = frame.f_code, frame.f_locals
    names = code.co_varnames
    count, only = code.co_argcount, code.co_kwonlyargcount
    ways = [("p", name) for name in names[:count]] + [("k", name) for name in names[count : count + only]]
    place = count + only
    if code.co_flags & VARARGS:
        ways.append(("*", names[place]))
        place += 1
    if code.co_flags & KEYWORDS:
        ways.append(("**", names[place]))
    if any(name not in local for _, name in ways):
        return None
    return [(how, name, local[name]) for how, name in ways]


def _kind(value, depth):
    """Type, order of magnitude and the kinds of the first and last items; touches no code of the target."""
    kind = type(value)
    if kind is int:
        return (int, value.bit_length() // 8, value < 0)
    if kind is bool or value is None:
        return (bool, value)
    if kind not in (str, bytes, list, tuple, dict, set, frozenset):
        return (id(kind),)  # a class of the target may have its own idea of a hash
    parts = ()
    if value and depth < DEPTH:
        if kind in (list, tuple):
            parts = (value[0], value[-1])
        elif kind is dict:
            parts = next(iter(value.items()))
    return (kind, len(value).bit_length(), *[_kind(part, depth + 1) for part in parts])


def _is_huge(value):
    return type(value) in (str, bytes, list, tuple, dict, set, frozenset) and len(value) > LARGEST


def _streams(arguments):
    """Names of those that are iterators, which cannot be copied."""
    return [name for _, name, value in arguments if hasattr(type(value), "__next__")]


def _plain(value):
    try:
        return hotloop_plain.encode(value)
    except (hotloop_plain.NotPlain, RecursionError):
        return None


def _resumed(frame):
    """A generator that goes on is no call: it stands at a line of its body."""
    return frame.f_code.co_flags & GENERATORS and frame.f_lineno != frame.f_code.co_firstlineno


def begin(config):
    """Record in this process from now on."""
    recorder = Recorder(config)
    if hasattr(sys, "monitoring"):
        _monitor(recorder)
    else:
        _profile(recorder)


def _monitor(recorder):
    """From Python 3.12: code that is not watched costs nothing after its first call."""
    monitoring = sys.monitoring
    tool = next((number for number in (4, 3) if monitoring.get_tool(number) is None), None)
    if tool is None:
        return

    def start(code, offset):
        number = recorder.number_of(code)
        if number is None or not recorder.enter(number, sys._getframe(1)):
            return monitoring.DISABLE
        return None

    monitoring.use_tool_id(tool, "hotloop")
    monitoring.register_callback(tool, monitoring.events.PY_START, start)
    monitoring.set_events(tool, monitoring.events.PY_START)


def _profile(recorder):
    finished = set()

    def watch(frame, event, argument):
        if event != "call":
            return
        number = recorder.number_of(frame.f_code)
        if number is None or number in finished or _resumed(frame):
            return
        if not recorder.enter(number, frame):
            finished.add(number)
            if len(finished) == len(recorder.functions):
                sys.setprofile(None)

    threading.setprofile(watch)
    sys.setprofile(watch)


def main():
    request = json.loads(sys.stdin.read())
    end = time.monotonic() + request["record"]["seconds"]
    begin(request["record"])
    target = hotloop_target.load(request["source"], request["path"], request["roots"], request.get("size"))
    for number, seed in enumerate(request["seeds"]):
        if number == 0 or time.monotonic() < end:
            target.timed_call(target.setup(seed))


if __name__ == "__main__":
    main()
