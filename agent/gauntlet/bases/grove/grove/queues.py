"""Queues."""


class PriorityQueue:
    """The smallest priority first; of equal ones, the one that came first."""

    def __init__(self):
        self._entries = []
        self._count = 0

    def push(self, priority, item):
        self._entries.append((priority, self._count, item))
        self._count += 1
        self._entries.sort(key=lambda entry: entry[:2])

    def pop(self):
        """The item. Raises IndexError when there is none."""
        if not self._entries:
            raise IndexError("the queue is empty")
        return self._entries.pop(0)[2]

    def __len__(self):
        return len(self._entries)


class Line:
    """First in, first out."""

    def __init__(self, items=()):
        self._items = list(items)

    def join(self, item):
        self._items.append(item)

    def serve(self):
        """Who is next. Raises IndexError when nobody is."""
        return self._items.pop(0)

    def waiting(self):
        """Everyone who waits, in order, as a list of its own."""
        return [item for item in self._items]

    def __len__(self):
        return len(self._items)


def simulate(arrivals):
    """Serve (time, name) arrivals, one a tick; the names in the order of service."""
    line, served, rest, tick = Line(), [], sorted(arrivals), 0
    while rest or len(line):
        while rest and rest[0][0] <= tick:
            line.join(rest.pop(0)[1])
        if len(line):
            served.append(line.serve())
        tick += 1
    return served


class _Entry:
    def __init__(self, name, start, end):
        self.name = name
        self.start = start
        self.end = end

    def length(self):
        return self.end - self.start


def busiest(spans):
    """The name with the most time in all its (name, start, end) spans; of equals, the first by name."""
    entries = [_Entry(name, start, end) for name, start, end in spans]
    totals = {}
    for entry in entries:
        totals[entry.name] = totals.get(entry.name, 0) + entry.length()
    best = None
    for name in sorted(totals):
        if best is None or totals[name] > totals[best]:
            best = name
    return best
