"""What is done before a call in the same process, to see what is kept from call to call.

Runs beside target code: Python 3.9+, no dependencies.
"""

import contextlib
import pickle
import sys

import hotloop_calling
import hotloop_canon

SPOILED = 3  # levels deep


def _emptied(function, arguments):
    """Call, then do what a caller may with its result. Names of arguments that change with it."""
    result = hotloop_calling.result_of(function, *hotloop_calling.bound(arguments))
    before = {name: hotloop_canon.digest_of(value) for _, name, value in arguments}
    _spoil(result, 0)
    shared = [name for _, name, value in arguments if hotloop_canon.digest_of(value) != before[name]]
    for _, _, value in arguments:
        _spoil(value, 0)
    return shared


def _cut(function, arguments):
    """Call, then take out half of what the arguments hold: the same objects, and not what they were."""
    hotloop_calling.result_of(function, *hotloop_calling.bound(arguments))
    for _, _, value in arguments:
        if type(value) in (list, bytearray):
            del value[(len(value) + 1) // 2 :]
        elif type(value) in (dict, set):
            for _ in range(len(value) // 2):
                value.popitem() if type(value) is dict else value.discard(max(value, key=repr))
    return ()


def _in_usual_context(function, arguments):
    """Call with arguments of their own, so that what is remembered is of the usual surroundings."""
    hotloop_calling.result_of(function, *hotloop_calling.bound(pickle.loads(pickle.dumps(arguments))))
    return ()


def _with_numbers_as(kind):
    """Call with equal arguments of their own, whose numbers are of another type where that is exact."""

    def call(function, arguments):
        turned = [
            (how, name, _turned(value, kind)) for how, name, value in pickle.loads(pickle.dumps(arguments))
        ]
        hotloop_calling.result_of(function, *hotloop_calling.bound(turned))
        return ()

    return call


def _turned(value, kind):
    found = type(value)
    if found in (bool, int, float):
        return kind(value) if abs(value) < 1 << 53 and kind(value) == value else value
    if found in (list, tuple, set, frozenset):
        return found(_turned(part, kind) for part in value)
    if found is dict:
        return {_turned(key, kind): _turned(part, kind) for key, part in value.items()}
    return value


FIRST = {
    "emptied": _emptied,
    "cut": _cut,
    "context": _in_usual_context,
    **{kind.__name__: _with_numbers_as(kind) for kind in (bool, int, float)},
}


def other_context():
    """Another precision and rounding of `decimal`, where it is loaded."""
    decimal = sys.modules.get("decimal")
    if decimal is None:
        return contextlib.nullcontext()
    usual = decimal.getcontext()
    return decimal.localcontext(decimal.Context(prec=7, rounding=decimal.ROUND_UP, traps=usual.traps))


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
