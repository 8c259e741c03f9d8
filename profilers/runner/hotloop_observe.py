"""What of an object can be seen: the attributes it stores, and the answers it gives.

Runs beside target code: Python 3.9+, no dependencies.
"""

import operator
import re

import hotloop_plain

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def without_addresses(text):
    """Where in memory an object lies is no part of what it is."""
    return _ADDRESS.sub("", text)


_ASKED = {"__len__": len, "__iter__": iter}
_TEXTS = {
    "__str__": lambda value: without_addresses(str(value)),
    "__repr__": lambda value: without_addresses(repr(value)),
}


def attributes(value):
    """Names of public attributes, sorted, and whether there are others."""
    names = set(vars(value)) if hasattr(value, "__dict__") else set()
    for owner in type(value).__mro__:
        slots = owner.__dict__.get("__slots__", ())
        names.update((slots,) if isinstance(slots, str) else slots)
    names = {name for name in names if isinstance(name, str) and not (name[:2] == "__" and name[-2:] == "__")}
    stored = {name for name in names if name[0] != "_" and not _is_cached(type(value), name)}
    return sorted(name for name in stored if hasattr(value, name)), stored != names


def details(error):
    """{name: value} of an exception's public attributes that are plain data; causes and places are not."""
    found = {name: getattr(error, name) for name in attributes(error)[0]}
    return {name: value for name, value in found.items() if hotloop_plain.is_plain(value)}


def questions(kind, only_text):
    """How an object of a class that is not built in can be asked for what is inside: [(name, function)].

    only_text: whether its text may be asked for where there is nothing else. Text is
    the last resort, for it may show sets in an order that means nothing.
    """
    found = {}
    for owner in kind.__mro__:
        for name, part in owner.__dict__.items() if owner.__module__ != "builtins" else ():
            if _is_property(part) and name[0] != "_":
                found.setdefault(name, operator.attrgetter(name))
            elif name in _ASKED and part is not None:
                found.setdefault(name, _ASKED[name])
    if not found and only_text:
        owned = [owner.__dict__ for owner in kind.__mro__ if owner.__module__ != "builtins"]
        found = {name: ask for name, ask in _TEXTS.items() if any(name in part for part in owned)}
    return sorted(found.items())


def _is_cached(kind, name):
    """Whether an attribute is what a cached property left: there once somebody has asked for it."""
    found = next((owner.__dict__[name] for owner in kind.__mro__ if name in owner.__dict__), None)
    return "cached" in type(found).__name__


def _is_property(part):
    return isinstance(part, property) or "cached" in type(part).__name__
