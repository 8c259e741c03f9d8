"""What a module shows: its public names, how they are called, and what its globals hold.

Runs beside target code: Python 3.9+, no dependencies.
"""

import inspect
import types

import hotloop_arguments
import hotloop_canon
import hotloop_plain

NAMES = 500


def surface(module):
    """{name: [kind, signature]} of public names, those of classes as `Class.name`."""
    listed = getattr(module, "__all__", None)
    rows = {}
    for name, value in list(vars(module).items())[:NAMES]:
        if name.startswith("_") or isinstance(value, types.ModuleType):
            continue
        own = getattr(value, "__module__", module.__name__) == module.__name__
        rows[name] = [_kind(value), _signature(value), own or (listed is not None and name in listed)]
        if own and isinstance(value, type):
            for part, thing in list(vars(value).items())[:NAMES]:
                if not part.startswith("_") or part in ("__init__", "__call__"):
                    inner = getattr(thing, "__func__", thing)
                    rows["%s.%s" % (name, part)] = [_kind(thing), _signature(inner), True]
    names = sorted(map(str, listed)) if isinstance(listed, (list, tuple)) else None
    return {"names": rows, "all": names}


def _kind(value):
    if isinstance(value, type):
        return "class"
    if inspect.iscoroutinefunction(value):
        return "coroutine function"
    if inspect.isroutine(value) or callable(value):
        return "callable"
    return "value"


def _signature(value):
    """[[name, way of passing, has a default, which one], ...]; None where there is none to read."""
    if not callable(value):
        return None
    try:
        parameters = inspect.signature(value).parameters.values()
    except Exception:
        return None  # built in, or an object that does not let itself be looked at
    return [[p.name, p.kind.name.lower(), p.default is not p.empty, _default(p.default)] for p in parameters]


def _default(value):
    """The digest of plain data, its type's name for an empty container, and None for anything else."""
    if not hotloop_plain.is_plain(value):
        return None
    empty = isinstance(value, hotloop_arguments.SIZED) and not isinstance(value, (str, bytes)) and not value
    return "empty %s" % type(value).__name__ if empty else hotloop_canon.digest_of(value)


def contents(module):
    """{name: digest} of what a module's globals and its classes' attributes hold, where that is small."""
    found = {}
    for name, value in list(vars(module).items())[:NAMES]:
        if isinstance(value, type) and getattr(value, "__module__", None) == module.__name__:
            for part, thing in list(vars(value).items())[:NAMES]:
                _digest(found, "%s.%s" % (name, part), thing)
        else:
            _digest(found, name, value)
    return found


def _digest(found, name, value):
    skipped = (
        types.ModuleType,
        type,
        types.FunctionType,
        types.BuiltinFunctionType,
        property,
        classmethod,
        staticmethod,
    )
    if name.split(".")[-1].startswith("__") or isinstance(value, skipped) or hasattr(type(value), "__next__"):
        return
    canon = Bounded()
    try:
        canon.add(value)
    except Exception:
        return  # too large, or an object that does not let itself be looked at
    found[name] = canon.digest()


class Bounded(hotloop_canon.Canon):
    """Stops at a number of parts, and never drains an iterator that the program still needs."""

    def __init__(self):
        super().__init__()
        self.left = 20_000

    def _encode(self, value, path, depth):
        self.left -= 1
        if self.left < 0 or hasattr(type(value), "__next__"):
            raise hotloop_arguments.TooLarge
        return super()._encode(value, path, depth)

    def _compound(self, value, path, depth):
        if isinstance(value, hotloop_arguments.SIZED):
            self.left -= len(value)
        return super()._compound(value, path, depth)
