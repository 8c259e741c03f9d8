"""A live process that calls functions with recorded arguments, and tells results by digest.

`python hotloop_replay.py` reads one JSON request a line and answers one JSON object a
line; the first is `start`. Recorded arguments are unpickled here and nowhere else.
Runs beside target code: Python 3.9+, no dependencies.
"""

import base64
import importlib
import json
import os
import pickle
import reprlib
import shutil
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))

import hotloop_before  # noqa: E402  (found beside this file, which then leaves the path)
import hotloop_calling  # noqa: E402  (as above)
import hotloop_canon  # noqa: E402  (as above)
import hotloop_effects  # noqa: E402  (as above)
import hotloop_encoding  # noqa: E402  (as above)
import hotloop_files  # noqa: E402  (as above)
import hotloop_observe  # noqa: E402  (as above)
import hotloop_plain  # noqa: E402  (as above)
import hotloop_sharing  # noqa: E402  (as above)
import hotloop_streams  # noqa: E402  (as above)
import hotloop_surface  # noqa: E402  (as above)
import hotloop_target  # noqa: E402  (as above)
import hotloop_together  # noqa: E402  (as above)
import hotloop_worker  # noqa: E402  (as above)

hotloop_canon.ITERATOR_LIMIT = 10_000
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
            shared = () if ask["after"] is None else hotloop_before.FIRST[ask["after"]](function, arguments)
            if ask["after"] == "emptied":
                function, arguments = self._prepared(ask)
        except Exception as error:
            return {"unprepared": hotloop_worker.describe(error)}
        hotloop_effects.seed()
        if ask["after"] == "context":
            with hotloop_before.other_context():
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

    def do_streams(self, request):
        """Of a call with lists among its arguments: how much it takes where these are iterators."""
        try:
            return {
                "rows": hotloop_streams.looked_at(
                    lambda: self._prepared(request["ask"]), request["count"], self.floats_apart
                )
            }
        finally:
            self.watch.empty()

    def _called(self, function, arguments, leaves):
        positional, named = hotloop_calling.bound(arguments)
        shown = [[name, _text(value)] for _, name, value in arguments]
        begun = time.perf_counter()
        result = hotloop_calling.result_of(function, positional, named)
        seconds = time.perf_counter() - begun
        canon = hotloop_canon.Canon(self.floats_apart, leaves, observe=True)
        text = _text(result)
        canon.add(result)
        for _, name, value in arguments:
            canon.add(value, name + " afterwards")
        reply = {"row": hotloop_worker.row(canon, result), "seconds": seconds, "result": text}
        reply["deliberate"] = isinstance(result, Exception) and (
            hotloop_calling.is_deliberate(result, self.roots)
            or hotloop_calling.is_documented(function, result)
        )
        if isinstance(result, BaseException):
            reply["kinds"] = [hotloop_encoding.type_name(kind) for kind in type(result).__mro__[:20]]
            reply["details"] = hotloop_canon.digest_of(hotloop_observe.details(result), self.floats_apart)
        reply.update({"uncompared": sorted(canon.uncompared)[:20], "arguments": shown})
        reply["ties"] = hotloop_sharing.ties(result, arguments)
        return reply

    def _changed(self, request, reply, arguments):
        """Arguments left changed, told by fresh ones, of a call that raised or was given one object twice."""
        twice = any(tagged[0] == "=" for _, _, tagged in request["given"])
        if not (twice or "raised" in reply["row"]) or request["steps"]:
            return []
        fresh = {name: hotloop_canon.digest_of(value) for _, name, value in self._laid_out(request)[1]}
        return sorted(name for _, name, value in arguments if hotloop_canon.digest_of(value) != fresh[name])

    def _prepared(self, request):
        """The function and fresh arguments for one call."""
        return self._lived(request) if request["steps"] else self._laid_out(request)

    def _lived(self, request):
        """Make calls on one object. What answers with all their results, up to one that raises."""
        hotloop_effects.seed()
        made, results = None, []
        for number, step in enumerate([*request["steps"], request]):
            function, arguments = self._laid_out(step)
            positional, named = hotloop_calling.bound(arguments[1:])
            if number == 0 and step["name"].endswith(".__init__"):
                made = hotloop_calling.at(step["module"], step["name"].rpartition(".")[0])(
                    *positional, **named
                )
                continue
            made = arguments[0][2] if number == 0 else made
            results.append(_frozen(hotloop_calling.result_of(function, [made, *positional], named)))
            arguments[0] = (arguments[0][0], "self", made)
            if isinstance(results[-1], BaseException):
                break
        return _answering(function, results), arguments

    def _laid_out(self, request):
        like = self.calls[request["like"]] if request["like"] else {}
        arguments = pickle.loads(like["data"]) if like else []
        same = {name: tagged[1] for _, name, tagged in request["given"] if tagged[0] == "="}
        replaced = {
            name: (how, name, hotloop_plain.decode(tagged))
            for how, name, tagged in request["given"]
            if name not in same
        }
        arguments = [replaced.pop(name, (how, name, value)) for how, name, value in arguments]
        arguments = hotloop_files.laid_out(like, [*arguments, *replaced.values()])
        held = {name: value for _, name, value in arguments}
        arguments = [(how, name, held[same.get(name, name)]) for how, name, _ in arguments]
        return hotloop_calling.find(request["module"], request["name"]), arguments


def _frozen(value):
    """A result that later calls cannot change: a value, or what one can see of it."""
    if value is None or isinstance(value, BaseException) or type(value) in (bool, int, float, str, bytes):
        return value
    return "%s %s" % (_text(value), hotloop_canon.digest_of(value))


def _answering(function, results):
    """For `_called`: calls that were made are told as one."""

    def answer(*positional, **named):
        if isinstance(results[-1], BaseException):
            raise results[-1]
        return results

    answer.__doc__ = function.__doc__
    return answer


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
