"""Streams of events."""


class Event:
    """Something that happened. Events with equal fields are equal."""

    def __init__(self, kind, at, size=0):
        self.kind = kind
        self.at = at
        self.size = size

    def __eq__(self, other):
        if not isinstance(other, Event):
            return NotImplemented
        return (self.kind, self.at, self.size) == (other.kind, other.at, other.size)

    def __hash__(self):
        return hash((self.kind, self.at, self.size))

    def __repr__(self):
        return "Event(%r, %r, %r)" % (self.kind, self.at, self.size)


def parse(lines):
    """Events of lines `kind at size`, one by one; empty lines and comments (#) are left out."""
    for line in lines:
        line = line.strip()
        if line == "" or line.startswith("#"):
            continue
        parts = line.split()
        if len(parts) != 3:
            raise ValueError("not an event: %s" % line)
        yield Event(parts[0], int(parts[1]), int(parts[2]))


def first(items, wanted):
    """The first item for which `wanted` is true. Raises LookupError when there is none."""
    found = [item for item in items if wanted(item)]
    if not found:
        raise LookupError("there is no such item")
    return found[0]


def chunks(items, size):
    """Lists of `size` items, the last one may be shorter; lazy, for endless streams too."""
    if size < 1:
        raise ValueError("a chunk has one item at least")
    chunk = []
    for item in items:
        chunk = chunk + [item]
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def merge(streams):
    """Several sorted lists as one sorted list."""
    rest = [list(stream) for stream in streams]
    merged = []
    while any(rest):
        heads = [stream[0] for stream in rest if stream]
        least = min(heads)
        for stream in rest:
            if stream and stream[0] == least:
                merged.append(stream.pop(0))
                break
    return merged


def tally(events):
    """The size of all events of each kind, by kind, in the order of first coming."""
    kinds = []
    for event in events:
        if event.kind not in kinds:
            kinds.append(event.kind)
    return {kind: sum([event.size for event in events if event.kind == kind]) for kind in kinds}


def scale(events, factor):
    """New events with their sizes multiplied; those given stay as they are."""
    scaled = []
    for event in events:
        copy = Event(event.kind, event.at, event.size)
        copy.size = copy.size * factor
        scaled = scaled + [copy]
    return scaled
