"""Plain data as tagged JSON, both ways: a list of a tag and, for most, what it holds.

["n"] None, ["b", 0 or 1], ["i", hex], ["f", hex of a float], ["s", text], ["y", hex of bytes],
["l" | "t" | "S" | "F", items], ["d", [[key, value], ...]]. Only these exact types.
Runs beside target code: Python 3.9+, no dependencies.
"""

_MANY = {list: "l", tuple: "t", set: "S", frozenset: "F"}
_MAKE = {tag: kind for kind, tag in _MANY.items()}


class NotPlain(Exception):
    """The value has a part that is no plain data, or too many parts."""


def encode(value, most=2000):
    """The value as tagged JSON. Raises NotPlain, also for more than `most` parts or characters."""
    left = [most]

    def walk(part):
        left[0] -= 1
        kind = type(part)
        if kind in (str, bytes, list, tuple, set, frozenset, dict):
            left[0] -= len(part)
        if left[0] < 0:
            raise NotPlain("too large")
        if kind in _MANY:
            return [_MANY[kind], [walk(item) for item in part]]
        if kind is dict:
            return ["d", [[walk(key), walk(item)] for key, item in part.items()]]
        return _scalar(part, kind)

    return walk(value)


def is_plain(value):
    """Whether `encode` takes it."""
    try:
        encode(value)
    except (NotPlain, RecursionError):
        return False
    return True


def _scalar(value, kind):
    if value is None:
        return ["n"]
    if kind is bool:
        return ["b", int(value)]
    if kind is int:
        return ["i", "%x" % value]
    if kind is float:
        return ["f", value.hex()]
    if kind is str:
        return ["s", value]
    if kind is bytes:
        return ["y", value.hex()]
    raise NotPlain(kind.__name__)


def decode(tagged):
    """The value that `encode` was given."""
    tag = tagged[0]
    if tag in _MAKE:
        return _MAKE[tag](decode(item) for item in tagged[1])
    if tag == "d":
        return {decode(key): decode(item) for key, item in tagged[1]}
    return _SCALARS[tag](*tagged[1:])


_SCALARS = {
    "n": lambda: None,
    "b": bool,
    "i": lambda text: int(text, 16),
    "f": float.fromhex,
    "s": str,
    "y": bytes.fromhex,
}
