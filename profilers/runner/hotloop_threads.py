"""Threads that a call starts and does not wait for.

A quick one would have ended before anyone looks, so each is held back before it does
anything: who waits for it waits a little longer, who does not has returned meanwhile.
Runs beside target code: Python 3.9+, no dependencies.
"""

import _thread
import sys
import threading
import time

HELD = 0.3  # seconds at most
GRACE = 0.05  # for a thread whose work was waited for, but not its end


class Keeper:
    """Holds threads back between `start` and `stop`; made once for a process, before target code runs."""

    def __init__(self):
        self.released = threading.Event()
        self.released.set()
        self.before = set()
        self.raw = set()
        self.start_raw = _thread.start_new_thread
        _thread.start_new_thread = _thread.start_new = self._start_raw
        threading.settrace(self._begin)  # a thread calls it before its own code

    def start(self):
        self.before = self._alive()
        self.released = threading.Event()

    def stop(self):
        """How many threads that were started since then go on. They are let go, and given time to end."""
        end = time.monotonic() + GRACE
        while self._started() and time.monotonic() < end:
            time.sleep(0.001)
        found = len(self._started())
        self.released.set()
        end = time.monotonic() + HELD
        while self._started() and time.monotonic() < end:
            time.sleep(0.001)
        return found

    def _started(self):
        return self._alive() - self.before

    def _alive(self):
        return set(threading.enumerate()) | self.raw

    def _begin(self, frame, event, argument):
        sys.settrace(None)
        self.released.wait(HELD)

    def _start_raw(self, function, arguments, *keywords):
        this = object()
        self.raw.add(this)  # here: it may begin later than anyone looks

        def run(*positional, **named):
            try:
                self.released.wait(HELD)
                return function(*positional, **named)
            finally:
                self.raw.discard(this)

        return self.start_raw(run, arguments, *keywords)
