"""Things that take long to start, started ahead. Each is handed out once and never comes back."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from hotloop.sandboxes.errors import SandboxError

T = TypeVar("T")


class Pool(Generic[T]):
    """Keeps up to `size` ready. Safe to use from several threads.

    make: starts one; raises SandboxError. works: whether one that has waited can still be used.
    discard: ends one that nobody took.
    """

    def __init__(
        self, make: Callable[[], T], works: Callable[[T], bool], discard: Callable[[T], None], size: int
    ) -> None:
        self._make = make
        self._works = works
        self._discard = discard
        self._size = size
        self._ready: deque[T] = deque()
        self._lock = threading.Lock()
        self._filler: threading.Thread | None = None
        self._closed = False

    def take(self) -> T:
        """The one that waited longest, or a new one where none does. Raises SandboxError."""
        while True:
            with self._lock:
                one = self._ready.popleft() if self._ready else None
            if one is None:
                return self._make()
            if self._works(one):
                return one
            self._discard(one)

    def refill(self) -> None:
        """Start in the background what is missing; returns at once."""
        with self._lock:
            if self._filler is None and self._lacks():
                self._filler = threading.Thread(target=self._fill, name="hotloop-pool", daemon=True)
                self._filler.start()

    def wait(self, seconds: float) -> bool:
        """Whether nothing is being started any more in that time."""
        filler = self._filler
        if filler is not None:
            filler.join(seconds)
        return filler is None or not filler.is_alive()

    def close(self) -> None:
        """End all that nobody took. What was taken is its taker's. Safe twice."""
        with self._lock:
            self._closed = True
            filler = self._filler
        if filler is not None:
            filler.join()
        while self._ready:
            self._discard(self._ready.popleft())

    def _lacks(self) -> bool:
        return not self._closed and len(self._ready) < self._size

    def _fill(self) -> None:
        """Ends at the first failure: whoever takes one next starts it himself, and sees why."""
        while True:
            with self._lock:
                if not self._lacks():
                    self._filler = None
                    return
            try:
                made = self._make()
            except SandboxError:
                with self._lock:
                    self._filler = None
                return
            with self._lock:
                self._ready.append(made)
