"""A live process that calls functions with recorded arguments, and tells results by digest.

`python hotloop_replay.py` reads one JSON request a line and answers one JSON object a
line; the first is `start`. Recorded arguments are unpickled here and nowhere else.
Runs beside target code: Python 3.9+, no dependencies.
"""

import base64
import dis
import importlib
import inspect
import json
import os
import pickle
import reprlib
import shutil
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))

import hotloop_canon  # noqa: E402  (found beside this file, which then leaves the path)
import hotloop_effects  # noqa: E402  (as above)
import hotloop_observe  # noqa: E402  (as above)
import hotloop_plain  # noqa: E402  (as above)
import hotloop_surface  # noqa: E402  (as above)
import hotloop_target  # noqa: E402  (as above)
import hotloop_worker  # noqa: E402  (as above)

hotloop_canon.ITERATOR_LIMIT = 10_000
SPOILED = 3  # levels deep
_REPR = reprlib.Repr()
_REPR.maxlevel, _REPR.maxstring, _REPR.maxother, _REPR.maxlong = 4, 120, 120, 60


class Replayer:
    def __init__(self):
        self.calls = {}
        self.watch = None
        self.floats_apart = False
        self.roots = ()

    def do_start(self, request):
        """Read the recorded calls; nothing of the target is loaded yet."""
        sys.path[:0] = request["roots"]
        self.roots = tuple(root.rstrip("/") + "/" for root in request["roots"])
        self.floats_apart = request["floats_apart"]
        self.watch = hotloop_effects.Watch([request["cwd"], *request["roots"]])
        shutil.rmtree(request["cwd"], ignore_errors=True)
        os.makedirs(request["cwd"])
        os.chdir(request["cwd"])
        if request["calls"] is not None:
            with open(request["calls"], "rb") as file:
                for line in file:
                    self._keep(line)
        return {"calls": len(self.calls)}

    def _keep(self, line):
        try:
            row = json.loads(line)
            self.calls[row["id"]] = base64.b64decode(row["data"])
        except (ValueError, KeyError, TypeError):
            return  # the recording process was ended in mid-line

    def do_surface(self, request):
        found = {}
        for name in request["modules"]:
            try:
                found[name] = hotloop_surface.surface(importlib.import_module(name))
            except Exception as error:
                found[name] = {"broken": hotloop_worker.describe(error)}
        return {"modules": found}

    def do_contents(self, request):
        """Of modules that are loaded; the call itself loads none."""
        loaded = [name for name in request["modules"] if name in sys.modules]
        return {"modules": {name: hotloop_surface.contents(sys.modules[name]) for name in loaded}}

    def do_loaded(self, request):
        return {"modules": hotloop_target.loaded_modules(set(request["modules"]))[:2000]}

    def do_call(self, request):
        """One call: the digest of result, exception and arguments after it, and what else it changed."""
        try:
            function, arguments = self._prepared(request)
        except Exception as error:
            return {"unprepared": hotloop_worker.describe(error)}
        if request["spoil"]:
            _spoil(_result_of(function, *_bound(arguments)), 0)
            for _, _, value in arguments:
                _spoil(value, 0)
            function, arguments = self._prepared(request)
        return self._watched(function, arguments, request["leaves"])

    def _watched(self, function, arguments, leaves):
        positional, named = _bound(arguments)
        shown = [[name, _text(value)] for _, name, value in arguments]
        self.watch.start()
        begun = time.perf_counter()
        result = _result_of(function, positional, named)
        seconds = time.perf_counter() - begun
        try:
            canon = hotloop_canon.Canon(self.floats_apart, leaves, observe=True)
            text = _text(result)
            canon.add(result)
            for _, name, value in arguments:
                canon.add(value, name + " afterwards")
        finally:
            effects = self.watch.stop()
        reply = {"row": hotloop_worker.row(canon, result), "effects": effects, "seconds": seconds}
        reply["deliberate"] = isinstance(result, Exception) and self._is_deliberate(result)
        reply.update({"uncompared": sorted(canon.uncompared)[:20], "arguments": shown, "result": text})
        return reply

    def _is_deliberate(self, error):
        """Whether a statement `raise` in the tree's own code raised it, not an operation that went wrong."""
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        if trace is None or not trace.tb_frame.f_code.co_filename.startswith(self.roots):
            return False
        return trace.tb_frame.f_code.co_code[trace.tb_lasti] == dis.opmap["RAISE_VARARGS"]

    def _prepared(self, request):
        """The function and fresh arguments for one call."""
        arguments = pickle.loads(self.calls[request["like"]]) if request["like"] else []
        replaced = {name: (how, name, hotloop_plain.decode(tagged)) for how, name, tagged in request["given"]}
        arguments = [replaced.pop(name, (how, name, value)) for how, name, value in arguments]
        return _find(request["module"], request["name"]), [*arguments, *replaced.values()]


def _find(module, dotted):
    """The function that is called so, as its callers find it, decorators and all."""
    found = importlib.import_module(module)
    for part in dotted.split("."):
        found = inspect.getattr_static(found, part)
    if isinstance(found, property):
        return found.fget
    if isinstance(found, (classmethod, staticmethod)):
        return found.__func__
    return found if callable(found) else getattr(found, "func", found)


def _bound(arguments):
    positional, named = [], {}
    for how, name, value in arguments:
        if how == "p":
            positional.append(value)
        elif how == "*":
            positional.extend(value)
        elif how == "k":
            named[name] = value
        else:
            named.update(value)
    return positional, named


def _result_of(function, positional, named):
    try:
        return function(*positional, **named)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return error


def _spoil(value, depth):
    """What a caller may do with a result that is its own: empty it, in place."""
    kind = type(value)
    if depth < SPOILED and kind in (list, tuple, dict):
        for part in list(value.values() if kind is dict else value)[:1000]:
            _spoil(part, depth + 1)
    if kind in (list, dict, set, bytearray):
        value.clear()
    elif kind.__module__ == "numpy" and kind.__name__ == "ndarray" and value.flags.writeable:
        value.fill(0)


def _text(value):
    if isinstance(value, BaseException):
        return "%s: %s" % (type(value).__name__, str(value)[:200])
    try:
        return hotloop_observe.without_addresses(_REPR.repr(value))[:400]
    except Exception as error:
        return "<%s in repr>" % type(error).__name__


def main():
    hotloop_worker.serve(Replayer())


if __name__ == "__main__":
    main()
