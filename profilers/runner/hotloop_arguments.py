"""What functions are called with: types, sizes, and how often with the same again.

Runs beside target code: Python 3.9+, no dependencies.
"""

import sys
import time

import hotloop_canon

OBSERVED = 500
KINDS = 6
PARAMETERS = 12
NODES = 600
SIZED = (str, bytes, bytearray, list, tuple, dict, set, frozenset)
VARARGS, KEYWORDS = 0x04, 0x08  # flags of code objects, as inspect names them
GENERATORS = 0x20 | 0x80 | 0x200


class TooLarge(Exception):
    """An argument has too many parts to be compared within bounds."""


class ArgumentCanon(hotloop_canon.Canon):
    """Encodes arguments without touching them.

    An iterator is only what it is, since draining it would change the program.
    An object is itself and its attributes, private ones too: a method that is
    asked twice on a changed object is not asked the same.
    """

    def __init__(self):
        super().__init__()
        self.left = NODES
        self.objects = []

    def _encode(self, value, path, depth):
        self.left -= 1
        if self.left < 0:
            raise TooLarge
        return super()._encode(value, path, depth)

    def _compound(self, value, path, depth):
        if isinstance(value, SIZED):
            self.left -= len(value)
        if self.left < 0:
            raise TooLarge
        if hasattr(type(value), "__next__"):
            return iter((self._identity(value),))
        return super()._compound(value, path, depth)

    def _object(self, value, path, depth):
        yield self._identity(value)
        if depth <= 2:
            for name, part in sorted(getattr(value, "__dict__", {}).items()):
                yield name.encode("utf-8", "replace")
                yield from self._encode(part, path, depth)

    def _identity(self, value):
        self.objects.append(value)  # kept alive, so that no other object takes its address
        return b"@%d;" % id(value)


class Function:
    """What was seen of one function."""

    def __init__(self, code):
        self.code = code
        self.names = _parameters(code)
        self.observed = 0
        self.compared = 0
        self.repeated = 0
        self.seen = set()
        self.kept = []
        self.kinds = {name: {} for name in self.names}
        self.sizes = {name: [] for name in self.names}

    def add(self, local):
        self.observed += 1
        for name in self.names:
            self._describe(name, local.get(name))
        canon = ArgumentCanon()
        try:
            for name in self.names:
                canon.add(local.get(name))
        except Exception:
            return  # too large, or an object that does not let itself be looked at
        self.compared += 1
        key = canon.digest()
        self.repeated += key in self.seen
        self.seen.add(key)
        self.kept.extend(canon.objects)

    def forget(self):
        """Between workload calls: what an earlier call was asked does not repeat in this one."""
        self.seen.clear()
        self.kept.clear()

    def _describe(self, name, value):
        kinds, kind = self.kinds[name], type(value).__name__[:80]
        if kind in kinds or len(kinds) < KINDS:
            kinds[kind] = kinds.get(kind, 0) + 1
        size = _size(value)
        if size is not None:
            self.sizes[name].append(size)

    def row(self):
        return {
            "file": self.code.co_filename,
            "line": self.code.co_firstlineno,
            "observed": self.observed,
            "compared": self.compared,
            "repeated": self.repeated,
            "parameters": [
                {"name": name[:80], "types": self.kinds[name], "sizes": _spread(self.sizes[name])}
                for name in self.names
            ],
        }


class Watcher:
    """A profile function that looks at the calls of chosen code, up to a number of each."""

    def __init__(self, chosen, end):
        self.chosen = chosen
        self.end = end
        self.functions = {}
        self.open = len(chosen)

    def __call__(self, frame, event, _argument):
        if event != "call":
            return
        code = frame.f_code
        function = self.functions.get(code)
        if function is None:
            if (code.co_filename, code.co_firstlineno) not in self.chosen or code.co_name[0] == "<":
                return
            function = self.functions[code] = Function(code)
        if function.observed >= OBSERVED or _resumed(frame):
            return
        if time.monotonic() > self.end:
            sys.setprofile(None)
            return
        function.add(frame.f_locals)
        if function.observed == OBSERVED:
            self.open -= 1

    def begin(self):
        for function in self.functions.values():
            function.forget()

    def done(self):
        return self.open <= 0

    def rows(self):
        return [function.row() for function in self.functions.values()]


def _resumed(frame):
    """A generator that goes on is no call: it stands at a line of its body."""
    return frame.f_code.co_flags & GENERATORS and frame.f_lineno != frame.f_code.co_firstlineno


def _parameters(code):
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & VARARGS) + bool(code.co_flags & KEYWORDS)
    return code.co_varnames[: min(count, PARAMETERS)]


def _size(value):
    """Length of plain containers and texts, elements of an array; nothing that runs target code."""
    if type(value) in SIZED:
        return len(value)
    if type(value).__module__ == "numpy" and hasattr(value, "size"):
        return int(value.size)
    return None


def _spread(sizes):
    """[smallest, median, largest]; empty where nothing has a size."""
    ordered = sorted(sizes)
    return [ordered[0], ordered[len(ordered) // 2], ordered[-1]] if ordered else []
