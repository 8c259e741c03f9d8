"""Which functions or lines of the tree run, test by test. Python 3.9+, no dependencies.

From Python 3.12 on `sys.monitoring` reports each place once per test and costs little;
before that `sys.settrace` does it, and slows the tests down.
"""

import dis
import os
import sys
import threading

MONITOR = getattr(sys, "monitoring", None)
TOOL = 4  # ids 0, 1, 2 and 5 are taken by convention (sys.monitoring's documentation)


class Places:
    """Collects (file, line) of the tree: first lines of functions, or each line of `files` if given."""

    def __init__(self, tree, files=None):
        self._prefix = os.path.join(tree, "")
        self._files = None if files is None else {os.path.join(tree, name) for name in files}
        self._seen = set()

    def start(self):
        if MONITOR is None:
            threading.settrace(self._trace)
            sys.settrace(self._trace)
            return
        MONITOR.use_tool_id(TOOL, "hotloop")
        event = MONITOR.events.PY_START if self._files is None else MONITOR.events.LINE
        MONITOR.register_callback(TOOL, event, self._on_event)
        MONITOR.set_events(TOOL, event)

    def take(self):
        """What ran since the last time, as sorted (path relative to the tree, line)."""
        seen, self._seen = self._seen, set()
        if MONITOR is not None:
            MONITOR.restart_events()
        return sorted((name[len(self._prefix) :], line) for name, line in seen)

    def _on_event(self, code, number):
        """`number` is a line of `code` when lines are asked for, else an instruction's offset."""
        if self._files is None:
            self._note(code, code.co_firstlineno)
        elif code.co_filename in self._files:
            self._seen.add((code.co_filename, number))
        return MONITOR.DISABLE

    def _note(self, code, line):
        if code.co_filename.startswith(self._prefix):
            self._seen.add((code.co_filename, line))

    def _trace(self, frame, event, argument):
        if self._files is None:
            self._note(frame.f_code, frame.f_code.co_firstlineno)
            return None
        if frame.f_code.co_filename not in self._files:
            return None
        self._seen.add((frame.f_code.co_filename, frame.f_lineno))
        return self._trace


class Told:
    """Sends what ran in each test, places numbered so that each is spelled out once."""

    LARGEST = 4_000_000  # numbers sent in all: beyond, the rest is unknown and said so
    CHUNK = 200

    def __init__(self, send, places):
        self._send = send
        self._places = places
        self._numbers = {}
        self._left = self.LARGEST

    def after(self, test):
        numbers = [self._number(place) for place in self._places.take()]
        self._left -= len(numbers)
        if self._left < 0:
            self._send(kind="ran", id=test, places=[], whole=False)
            return
        for first in range(0, max(1, len(numbers)), self.CHUNK):
            self._send(kind="ran", id=test, places=numbers[first : first + self.CHUNK], whole=True)

    def executable(self, tree, files):
        """Which lines of the files hold code, as this Python compiles them."""
        for name in files:
            try:
                with open(os.path.join(tree, name), "rb") as file:
                    lines = sorted(lines_of(compile(file.read(), name, "exec")))
            except (OSError, SyntaxError, ValueError):
                continue
            for first in range(0, len(lines), self.CHUNK):
                self._send(kind="executable", path=name, lines=lines[first : first + self.CHUNK])

    def _number(self, place):
        if place not in self._numbers:
            self._numbers[place] = len(self._numbers)
            self._send(kind="place", path=place[0], line=place[1])
        return self._numbers[place]


def make_told(order, send):
    """Starts to trace; None when the order asks for none."""
    if order["trace"] is None:
        return None
    files = None if order["trace"] == "functions" else order["trace"]
    places = Places(order["tree"], files)
    told = Told(send, places)
    told.executable(order["tree"], files or ())
    places.start()
    return told


def lines_of(code):
    """Of a code object and all within it, apart from where a function is entered."""
    found = {line for _, line in dis.findlinestarts(code) if line}
    if code.co_name != "<module>":
        found.discard(code.co_firstlineno)
    for constant in code.co_consts:
        if hasattr(constant, "co_code"):
            found |= lines_of(constant)
    return found
