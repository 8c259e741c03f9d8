"""Runs slow calls at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def side_by_side(tasks: Sequence[Callable[[], T]]) -> list[Future[T]]:
    """Every task in a thread of its own; their futures, in order, once all are done.

    The threads are daemons: an interrupted run must not wait minutes for
    replies that the journal knows how to go without.
    """
    futures: list[Future[T]] = [Future() for _ in tasks]
    threads = [
        threading.Thread(target=_settle, args=(future, task), daemon=True)
        for future, task in zip(futures, tasks, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return futures


def _settle(future: Future[T], task: Callable[[], T]) -> None:
    try:
        future.set_result(task())
    except BaseException as error:  # noqa: BLE001 - raised again, by whoever asks the future
        future.set_exception(error)
