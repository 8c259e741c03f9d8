"""A live process that calls functions with recorded arguments, and tells results by digest.

`python hotloop_replay.py` reads one JSON request a line and answers one JSON object a
line; the first is `start`. Recorded arguments are unpickled here and nowhere else.
Runs beside target code: Python 3.9+, no dependencies.
"""

import base64
import contextlib
import dis
import importlib
import inspect
import json
import os
import pickle
import re
import reprlib
import shutil
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))

import hotloop_canon  # noqa: E402  (found beside this file, which then leaves the path)
import hotloop_effects  # noqa: E402  (as above)
import hotloop_files  # noqa: E402  (as above)
import hotloop_observe  # noqa: E402  (as above)
import hotloop_plain  # noqa: E402  (as above)
import hotloop_sharing  # noqa: E402  (as above)
import hotloop_surface  # noqa: E402  (as above)
import hotloop_target  # noqa: E402  (as above)
import hotloop_together  # noqa: E402  (as above)
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
            self.calls[row["id"]] = {**row, "data": base64.b64decode(row["data"])}
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

    def do_hold_threads(self, request):
        """For good. Before anything of the target is loaded."""
        self.watch.hold_threads()
        return {}

    def do_import(self, request):
        """What loading modules leaves changed."""
        self.watch.start()
        try:
            self.do_surface(request)
        finally:
            effects = self.watch.stop()
        return {"effects": effects}

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
        self.watch.start()
        try:
            reply = self._called(function, arguments, request["leaves"])
        finally:
            effects = self.watch.stop()
        reply["changed"] = self._changed(request, reply, arguments)
        reply["effects"] = effects
        return reply

    def do_calls(self, request):
        """Many calls, one after the other; what they change beside their results is not looked at."""
        try:
            return {"answers": [self._one(ask) for ask in request["asks"]]}
        finally:
            self.watch.empty()

    def _one(self, ask):
        try:
            function, arguments = self._prepared(ask)
            shared = () if ask["after"] is None else _FIRST[ask["after"]](function, arguments)
            if ask["after"] == "emptied":
                function, arguments = self._prepared(ask)
        except Exception as error:
            return {"unprepared": hotloop_worker.describe(error)}
        hotloop_effects.seed()
        if ask["after"] == "context":
            with _other_context():
                reply = self._called(function, arguments, ask["leaves"])
        else:
            reply = self._called(function, arguments, ask["leaves"])
        reply["shared"] = sorted(shared)
        reply["changed"] = self._changed(ask, reply, arguments) if ask["after"] is None else []
        return reply

    def do_together(self, request):
        """Digests of calls that two threads make at once: of each, all that were seen."""
        asks = [(lambda ask=ask: self._prepared(ask)) for ask in request["asks"]]
        try:
            return {"seen": hotloop_together.seen(asks, self.roots, self.floats_apart, request["shared"])}
        finally:
            self.watch.empty()

    def _called(self, function, arguments, leaves):
        positional, named = hotloop_together.bound(arguments)
        shown = [[name, _text(value)] for _, name, value in arguments]
        begun = time.perf_counter()
        result = _result_of(function, positional, named)
        seconds = time.perf_counter() - begun
        canon = hotloop_canon.Canon(self.floats_apart, leaves, observe=True)
        text = _text(result)
        canon.add(result)
        for _, name, value in arguments:
            canon.add(value, name + " afterwards")
        reply = {"row": hotloop_worker.row(canon, result), "seconds": seconds, "result": text}
        reply["deliberate"] = isinstance(result, Exception) and (
            self._is_deliberate(result) or _is_documented(function, result)
        )
        reply.update({"uncompared": sorted(canon.uncompared)[:20], "arguments": shown})
        reply["ties"] = hotloop_sharing.ties(result, arguments)
        return reply

    def _changed(self, request, reply, arguments):
        """Arguments that a call which raised has left changed, told by fresh ones."""
        if "raised" not in reply["row"] or request["steps"]:
            return []
        fresh = {name: _digest(value) for _, name, value in self._laid_out(request)[1]}
        return sorted(name for _, name, value in arguments if _digest(value) != fresh[name])

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
        return self._lived(request) if request["steps"] else self._laid_out(request)

    def _lived(self, request):
        """Make calls on one object. What answers with all their results, up to one that raises."""
        hotloop_effects.seed()
        made, results = None, []
        for number, step in enumerate([*request["steps"], request]):
            function, arguments = self._laid_out(step)
            positional, named = hotloop_together.bound(arguments[1:])
            if number == 0 and step["name"].endswith(".__init__"):
                made = _at(step["module"], step["name"].rpartition(".")[0])(*positional, **named)
                continue
            made = arguments[0][2] if number == 0 else made
            results.append(_frozen(_result_of(function, [made, *positional], named)))
            arguments[0] = (arguments[0][0], "self", made)
            if isinstance(results[-1], BaseException):
                break
        return _answering(function, results), arguments

    def _laid_out(self, request):
        like = self.calls[request["like"]] if request["like"] else {}
        arguments = pickle.loads(like["data"]) if like else []
        replaced = {name: (how, name, hotloop_plain.decode(tagged)) for how, name, tagged in request["given"]}
        arguments = [replaced.pop(name, (how, name, value)) for how, name, value in arguments]
        arguments = hotloop_files.laid_out(like, [*arguments, *replaced.values()])
        return _find(request["module"], request["name"]), arguments


def _at(module, dotted):
    found = importlib.import_module(module)
    for part in dotted.split("."):
        found = inspect.getattr_static(found, part)
    return found


def _find(module, dotted):
    """The function that is called so, as its callers find it, decorators and all."""
    found = _at(module, dotted)
    if isinstance(found, property):
        return found.fget
    if isinstance(found, (classmethod, staticmethod)):
        return found.__func__
    return found if callable(found) else getattr(found, "func", found)


def _result_of(function, positional, named):
    try:
        return function(*positional, **named)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return error


def _frozen(value):
    """A result that later calls cannot change: a value, or what one can see of it."""
    if value is None or isinstance(value, BaseException) or type(value) in (bool, int, float, str, bytes):
        return value
    return "%s %s" % (_text(value), _digest(value))


def _answering(function, results):
    """For `_called`: calls that were made are told as one."""

    def answer(*positional, **named):
        if isinstance(results[-1], BaseException):
            raise results[-1]
        return results

    answer.__doc__ = function.__doc__
    return answer


def _is_documented(function, error):
    """Whether the function's own words name the exception."""
    words = getattr(function, "__doc__", None)
    return (
        isinstance(words, str) and re.search(r"\b%s\b" % re.escape(type(error).__name__), words) is not None
    )


def _emptied(function, arguments):
    """Call, then do what a caller may with its result. Names of arguments that change with it."""
    result = _result_of(function, *hotloop_together.bound(arguments))
    before = {name: _digest(value) for _, name, value in arguments}
    _spoil(result, 0)
    shared = [name for _, name, value in arguments if _digest(value) != before[name]]
    for _, _, value in arguments:
        _spoil(value, 0)
    return shared


def _cut(function, arguments):
    """Call, then take out half of what the arguments hold: the same objects, and not what they were."""
    _result_of(function, *hotloop_together.bound(arguments))
    for _, _, value in arguments:
        if type(value) in (list, bytearray):
            del value[(len(value) + 1) // 2 :]
        elif type(value) in (dict, set):
            for _ in range(len(value) // 2):
                value.popitem() if type(value) is dict else value.discard(max(value, key=repr))
    return ()


def _in_usual_context(function, arguments):
    """Call with arguments of their own, so that what is remembered is of the usual surroundings."""
    _result_of(function, *hotloop_together.bound(pickle.loads(pickle.dumps(arguments))))
    return ()


_FIRST = {"emptied": _emptied, "cut": _cut, "context": _in_usual_context}


def _other_context():
    """Another precision and rounding of `decimal`, where it is loaded."""
    decimal = sys.modules.get("decimal")
    if decimal is None:
        return contextlib.nullcontext()
    usual = decimal.getcontext()
    return decimal.localcontext(decimal.Context(prec=7, rounding=decimal.ROUND_UP, traps=usual.traps))


def _digest(value):
    canon = hotloop_canon.Canon(False, False, observe=True)
    canon.add(value)
    return canon.digest()


def _spoil(value, depth):
    """Empty it, in place."""
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
