"""Whether the test framework is still what it was before target code was imported."""

import sys
import types

WATCHED = ("_pytest", "pluggy", "unittest", "builtins")
MOST_NAMES = 20


class Watch:
    """Remembers functions and classes of the framework by identity, and what a function would run."""

    def __init__(self):
        self._before = dict(parts())

    def changed(self):
        """Names of what was replaced, patched, or added to a class; sorted, 20 at most."""
        now = dict(parts())
        names = [name for name, known in self._before.items() if not same(known, now.get(name))]
        names += [name for name in now if name not in self._before and owner(name) in self._before]
        return sorted(names)[:MOST_NAMES]


def owner(name):
    """Of a part of a class, the class's name."""
    return name.rpartition(".")[0]


def same(one, other):
    return other is not None and [*map(id, one)] == [*map(id, other)]


def parts():
    """(dotted name, objects that must stay the same ones) of all that is watched."""
    yield "sys.settrace", (sys.gettrace(),)
    yield "sys.setprofile", (sys.getprofile(),)
    for module_name, module in list(sys.modules.items()):
        if module_name.partition(".")[0] in WATCHED and isinstance(module, types.ModuleType):
            for name, value in list(vars(module).items()):
                yield from parts_of(f"{module_name}:{name}", value)


def parts_of(name, value):
    if isinstance(value, types.FunctionType):
        yield name, (value, value.__code__, value.__defaults__)
    elif isinstance(value, type):
        yield name, (value,)
        for inner, member in list(vars(value).items()):
            function = getattr(member, "__func__", None) or getattr(member, "fget", None) or member
            if isinstance(function, types.FunctionType):
                yield f"{name}.{inner}", (function, function.__code__, function.__defaults__)
