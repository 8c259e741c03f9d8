"""Keeps the machine quiet while one candidate is timed: the others' commands wait."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Quiet:
    """Many may be busy at one time, or one alone; who waits to be alone goes before who comes later."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._busy = 0
        self._waiting = 0
        self._alone = False

    @contextmanager
    def busy(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._alone and not self._waiting)
            self._busy += 1
        try:
            yield
        finally:
            with self._changed:
                self._busy -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        with self._changed:
            self._waiting += 1
            try:
                self._changed.wait_for(lambda: not self._alone and not self._busy)
                self._alone = True
            finally:
                self._waiting -= 1
        try:
            yield
        finally:
            with self._changed:
                self._alone = False
                self._changed.notify_all()
