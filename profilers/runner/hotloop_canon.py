"""Canonical encoding of a workload's output, so that two outputs can be compared by digest.

Runs beside target code: Python 3.9 and later, no dependencies.

Sharing is ignored; sets are sorted by their encoded elements; dicts keep their
order; floats count by their bits (or, with a tolerance, are set apart for the
other side to compare); arrays count with dtype and shape; iterators are
drained up to a limit; exceptions count by type, text and what plain data they
carry. An object counts by its public attributes, never by what its own methods
say of it. Attributes whose name starts with an underscore belong to its inside
and are left out, in dataclasses too, and so is what a cached property has left
there. What has no such reading is listed as not compared, and counts by type
alone; an object that keeps something inside and hands it out by methods is
listed as well, and so is a result that can be called or awaited.

With `observe` such an object is also asked: for its public properties, its length,
its items and its text. Only where that is known to repeat may it be used.
"""

import hashlib
import marshal
import math
import struct

import hotloop_kinds
import hotloop_observe
from hotloop_encoding import TEXT_LIMIT, UNBOUND, integer, items_of, short, sized, type_name

DEPTH_LIMIT = 200  # a level takes three frames of the interpreter, which allows 1,000
ITERATOR_LIMIT = 100_000
LEAF_LIMIT = 400
FLOAT_LIMIT = 100_000

_PLAIN = frozenset((int, float, str, bytes, bool, type(None)))


class Canon:
    """Encodes values into one digest; keeps what it could not compare, and readable leaves."""

    def __init__(self, set_floats_apart=False, keep_leaves=False, observe=False):
        self.hash = hashlib.blake2b(digest_size=16)
        self.set_floats_apart = set_floats_apart
        self.floats = [] if set_floats_apart else None
        self.leaves = [] if keep_leaves else None
        self.observe = observe
        self.uncompared = set()
        self._on_path = {}
        self._plain_types = _PLAIN - {float} if set_floats_apart or observe else _PLAIN

    def digest(self):
        return self.hash.hexdigest()

    def add(self, value, path="result"):
        self._write(self._encode(value, path, 0))

    def _write(self, chunks):
        for chunk in chunks:
            self.hash.update(chunk)

    def _leaf(self, path, value):
        if self.leaves is not None and len(self.leaves) < LEAF_LIMIT:
            self.leaves.append([path[:TEXT_LIMIT], short(value)])

    def _encode(self, value, path, depth):
        """Chunks of bytes; each value starts with a tag and, where it varies, a length."""
        if depth > DEPTH_LIMIT:
            self.uncompared.add("deeper than %d levels" % DEPTH_LIMIT)
            yield b"D"
            return
        simple = self._scalar(value)
        if simple is not None:
            self._leaf(path, value)
            yield simple
            return
        key = id(value)
        if key in self._on_path:
            yield b"C%d;" % (depth - self._on_path[key])
            return
        self._on_path[key] = depth
        try:
            yield from self._compound(value, path, depth + 1)
        finally:
            del self._on_path[key]

    def _scalar(self, value):  # noqa: PLR0911 (a table would hash every value that is looked at)
        kind = type(value)
        if value is None or value is True or value is False or value is Ellipsis or value is NotImplemented:
            return repr(value).encode() + b";"
        if kind is int:
            return b"i" + integer(value) + b";"
        if kind is float:
            return self._float(value)
        if kind is complex:
            return b"j" + self._float(value.real) + self._float(value.imag)
        if kind is str:
            return sized(b"s", value.encode("utf-8", "surrogatepass"))
        if kind is bytes:
            return sized(b"b", value)
        return None

    def _float(self, value):
        if self.set_floats_apart:
            if len(self.floats) < FLOAT_LIMIT:
                self.floats.append(value)
                return b"f"
            self.uncompared.add("floats past the first %d" % FLOAT_LIMIT)
            return b"f"
        if self.observe and math.isnan(value):
            return b"fnan"  # which bits one has depends on the order of operations, and no code can see them
        return b"f" + struct.pack(">d", value)

    def _compound(self, value, path, depth):
        yield sized(b"<", type_name(type(value)).encode())
        reader = hotloop_kinds.reader_of(value)
        read = self._object if reader is None else getattr(self, reader)
        yield from read(value, path, depth)
        yield b">"

    def _plain(self, items):
        """All of `items` in one piece, when they are scalars that marshal writes canonically.

        Version 0 of the format keeps no references and no interning, so that
        equal scalars give equal bytes; it is some thirty times faster than going
        through them one by one.
        """
        if self.leaves is not None or not set(map(type, items)) <= self._plain_types:
            return None
        return sized(b"m", marshal.dumps(items, 0))

    def sequence(self, value, path, depth):
        items = items_of(value)
        plain = self._plain(items)
        if plain is not None:
            yield plain
            return
        count = 0
        for count, item in enumerate(items, 1):
            yield from self._encode(item, "%s[%d]" % (path, count - 1), depth)
        yield b"n%d;" % count

    def mapping(self, value, path, depth):
        pairs = list(dict.items(value) if isinstance(value, dict) else value.items())
        keys, items = self._plain([key for key, _ in pairs]), self._plain([item for _, item in pairs])
        if keys is not None and items is not None:
            yield keys + items
            pairs = []
        for key, item in pairs:
            yield from self._encode(key, path + ".key", depth)
            yield from self._encode(item, "%s[%s]" % (path, short(key)), depth)
        factory = getattr(value, "default_factory", None)
        if factory is not None:
            yield sized(b"F", type_name(factory).encode())

    def unordered(self, value, path, depth):
        items = items_of(value)
        if set(map(type, items)) in ({int}, {str}):
            yield from self.sequence(sorted(items), path, depth)
            return
        # Floats that are set apart must come in an order that both sides share, too.
        outer, parts = self.floats, []
        for item in items:
            self.floats = None if outer is None else []
            parts.append((b"".join(self._encode(item, path + "{}", depth)), self.floats or []))
        self.floats = outer
        for encoded, floats in sorted(parts):
            if floats:
                outer.extend(floats)
            yield encoded

    def iterator(self, value, path, depth):
        items, held = iter(value), []
        for count in range(ITERATOR_LIMIT):
            try:
                item = next(items)
            except StopIteration:
                yield from self._kept(held, path, depth)
                return
            except Exception as error:
                yield from self._encode(error, path + " raises", depth)
                return
            encoded = b"".join(self._encode(item, "%s[%d]" % (path, count), depth))
            yield encoded
            if self.observe and type(item) in (list, dict, set, bytearray):
                held.append((item, encoded))
        self.uncompared.add("items past the first %d of an iterator" % ITERATOR_LIMIT)

    def _kept(self, held, path, depth):
        """Whether items are, at the end, what they were when they were given: one may be used again."""
        if any(b"".join(self._encode(item, path, depth)) != before for item, before in held):
            self._leaf(path, "items that change when later ones are asked for")
            yield b"changed"

    def text(self, value, path, depth):
        self._leaf(path, value)
        yield sized(b"t", str(value).encode("utf-8", "surrogatepass"))

    def name(self, value, path, depth):
        self._leaf(path, value)
        if hotloop_kinds.is_made(value):
            self._note_call(value, path)
        yield sized(b"q", type_name(value).encode())

    def _note_call(self, value, path):
        """Nobody knows what such a result does; what an argument does is the caller's."""
        if path.startswith("result"):
            name = type_name(value if hasattr(value, "__qualname__") else type(value))
            self.uncompared.add("%s: what it does when called or awaited" % name)

    def member(self, value, path, depth):
        self._leaf(path, value)
        yield sized(b"e", str(value.name).encode())

    def pattern(self, value, path, depth):
        yield from self._encode(value.pattern, path, depth)
        yield b"%d" % value.flags

    def error(self, value, path, depth):
        self._leaf(path, "%s: %s" % (type(value).__name__, value))
        yield sized(b"x", str(value).encode("utf-8", "surrogatepass"))
        for name, part in hotloop_observe.details(value).items():
            yield sized(b"a", name.encode("utf-8", "surrogatepass"))
            yield from self._encode(part, "%s.%s" % (path, name), depth)

    def buffer(self, value, path, depth):
        self._leaf(path, value)
        yield sized(b"B", bytes(value))

    def stream(self, value, path, depth):
        yield from self._encode(value.getvalue(), path, depth)

    def array(self, value, path, depth):
        yield ("%s%r" % (value.dtype.str, value.shape)).encode()
        if value.dtype.hasobject:
            yield from self.sequence(value.ravel().tolist(), path, depth)
        elif self.set_floats_apart and value.dtype.kind == "f":
            yield from self.sequence(value.ravel().astype(float).tolist(), path, depth)
        else:
            self._leaf(path, value)
            yield value.tobytes()

    def frame(self, value, path, depth):
        for name in ("columns", "index", "name", "dtypes"):
            part = getattr(value, name, None)
            yield from self._encode(
                part.tolist() if hasattr(part, "tolist") else part, path + "." + name, depth
            )
        yield from self._encode(value.to_numpy(), path, depth)

    def sparse(self, value, path, depth):
        coo = value.tocoo()
        for part in (coo.shape, coo.row, coo.col, coo.data):
            yield from self._encode(part, path, depth)

    def _object(self, value, path, depth):
        """Public attributes of an object, by name; nothing of one that has none."""
        kind = type(value)
        names, hidden = hotloop_observe.attributes(value)
        methods = hotloop_observe.questions(kind, only_text=not names)
        base = next((base for base in UNBOUND if isinstance(value, base)), None)
        if base is not None:
            yield self._scalar(UNBOUND[base](value)) or b""
        for name in names:
            yield name.encode()
            yield from self._encode(getattr(value, name), "%s.%s" % (path, name), depth)
        if callable(value) or hasattr(kind, "__await__") or hasattr(kind, "__anext__"):
            self._note_call(value, path)
        if self.observe and methods:
            for name, ask in methods:
                yield from self._observe(value, name, ask, path, depth)
        elif not names and base is None:
            self.uncompared.add(type_name(kind))
            self._leaf(path, type_name(kind))
        elif hidden and methods:
            self.uncompared.add("%s: what it hands out by %s" % (type_name(kind), ", ".join(dict(methods))))

    def _observe(self, value, name, ask, path, depth):
        """What a method of the target answers, or how it fails."""
        yield name.encode()
        try:
            answer = ask(value)
        except Exception as error:
            answer = error
        if name != "__iter__" or isinstance(answer, Exception):
            yield from self._encode(answer, "%s.%s" % (path, name), depth)
        elif answer is not value:
            yield from self.iterator(answer, path, depth)


def digest_of(value, floats_apart=False):
    """What one can see of a value where it may be asked."""
    canon = Canon(floats_apart, observe=True)
    canon.add(value)
    return canon.digest()
