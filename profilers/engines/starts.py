"""Fresh pairs of processes, the next one started while this one is timed.

An interpreter takes longer to start than many a workload to call. So where a process can
be moved to another core, the next pair's interpreters start on the other cores, and
come to the measuring core before they load anything of the target: no target code
runs beside the pair that is timed.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Generic, Protocol, TypeVar

from hotloop.profilers.engines.base import attributed
from hotloop.sandboxes.base import Process


class Startable(Protocol):
    """What runs nothing of the target until it is asked to."""

    process: Process

    def close(self) -> None: ...


T = TypeVar("T", bound=Startable)
Draw = tuple[int, list[str]]
"""A pair's number, the same on both sides, and who comes first."""
Started = dict[str, T]


class Starts(Generic[T]):
    """Pairs that `start(side, number, cpu)` makes, as `draw` has it. `close` ends one that nobody took.

    cpu: the core that they are timed on; None for any.
    """

    def __init__(
        self, start: Callable[[str, int, int | None], T], draw: Callable[[], Draw], cpu: int | None
    ) -> None:
        self._make, self._draw, self._cpu = start, draw, cpu
        self._pool: ThreadPoolExecutor | None = None
        self._coming: Future[tuple[Draw, Started[T]]] | None = None
        self._movable = cpu is not None
        self._here = math.inf

    def take(self) -> tuple[Draw, Started[T]]:
        """The pair that was prepared, or one that is started now, on the core, in the order drawn."""
        coming, self._coming = self._coming, None
        begun = time.perf_counter()
        if coming is None:
            found = self._start(self._draw(), self._cpu)
            self._here = time.perf_counter() - begun
            return found
        draw, started = coming.result()
        if time.perf_counter() - begun > self._here:
            self._movable = False  # the other cores have so much to do that waiting for them takes longer
        if self._pinned(started):
            return draw, started
        close(started)
        self._movable = False
        return self.take()

    def prepare(self, beside: Started[T]) -> None:
        """Start the next pair on the cores that this thread has, where it can be moved as `beside` can."""
        self._movable = self._movable and self._cpu not in os.sched_getaffinity(0) and self._pinned(beside)
        if self._movable:
            self._pool = self._pool or ThreadPoolExecutor(1)  # its thread stays on the cores of this one
            self._coming = self._pool.submit(self._start, self._draw(), None)

    def close(self) -> None:
        coming, self._coming = self._coming, None
        if coming is not None and coming.exception() is None:
            close(coming.result()[1])
        if self._pool is not None:
            self._pool.shutdown()

    def _pinned(self, started: Started[T]) -> bool:
        """Whether all are on the core now."""
        assert self._cpu is not None
        return all(one.process.pin(self._cpu) for one in started.values())

    def _start(self, draw: Draw, cpu: int | None) -> tuple[Draw, Started[T]]:
        number, order = draw
        with ExitStack() as stack:
            started: Started[T] = {}
            for side in order:
                with attributed(side):
                    started[side] = self._make(side, number, cpu)
                    stack.callback(started[side].close)
            stack.pop_all()
            return draw, started


def close(started: Started[T]) -> None:
    for one in started.values():
        one.close()
