"""How single values become bytes, texts and names in a canonical encoding.

Runs beside target code: Python 3.9 and later, no dependencies.
"""

import collections

TEXT_LIMIT = 160

UNBOUND = {
    int: int.__int__,
    float: float.__float__,
    str: str.__str__,
    bytes: lambda value: bytes.__getitem__(value, slice(None)),
}
"""How to see the value in an object of a subclass, whatever that subclass makes of it."""


def items_of(value):
    """The items of a sequence or set; of a subclass those it holds, not those that it says it has."""
    for kind in (list, tuple, set, frozenset, collections.deque):
        if isinstance(value, kind):
            return list(kind.__iter__(value))
    return list(value)


def sized(tag, data):
    return tag + b"%d:" % len(data) + data


def integer(value):
    # Not str(): Python refuses to print integers of more than 4,300 digits.
    return (
        b"%x" % value
        if -(1 << 4096) < value < 1 << 4096
        else value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True)
    )


def type_name(kind):
    return "%s.%s" % (
        getattr(kind, "__module__", "?"),
        getattr(kind, "__qualname__", getattr(kind, "__name__", "?")),
    )


def short(value):
    try:
        text = repr(value)
    except Exception as error:
        text = "<%s in repr>" % type(error).__name__
    return text if len(text) <= TEXT_LIMIT else text[: TEXT_LIMIT - 3] + "..."
