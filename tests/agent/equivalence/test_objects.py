from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hotloop.agent.equivalence.changed import find_change
from hotloop.agent.gates.base import Trial
from hotloop.agent.gates.generated import GeneratedGate

MakeTrial = Callable[..., Trial]

QUEUE = """\
import heapq

class Queue:
    def __init__(self, items=()):
        self._entries = []
        self._count = 0
        for item in items:
            self.push(0, item)

    def push(self, priority, item):
        self._entries.append((priority, self._count, item))
        self._count += 1
        self._entries.sort(key=lambda entry: entry[:2])

    def pop(self):
        if not self._entries:
            raise IndexError("the queue is empty")
        return self._entries.pop(0)[2]

    def __len__(self):
        return len(self._entries)
"""
TESTS = """\
from pkg.core import Queue

def test_queue():
    queue = Queue()
    queue.push(2, "b")
    queue.push(1, "a")
    queue.push(2, "c")
    assert [queue.pop() for _ in range(len(queue))] == ["a", "b", "c"]
"""
WORKLOAD = "def workload():\n    return 1\n"
PUSH = """\
        self._entries.append((priority, self._count, item))
        self._count += 1
        self._entries.sort(key=lambda entry: entry[:2])
"""
POP = "self._entries.pop(0)[2]"


def checked(trial_of: MakeTrial, after: str) -> Any:
    files = {"tests/test_core.py": TESTS, "bench.py": WORKLOAD}
    command = "python -m pytest -q tests"
    return GeneratedGate().check(trial_of(QUEUE, after, files=files, tests=command, equivalence_seconds=12.0))


def test_an_object_that_keeps_its_content_otherwise_is_held_to_what_calls_on_it_gave(
    trial_of: MakeTrial,
) -> None:
    by_item = QUEUE.replace(PUSH, "        heapq.heappush(self._entries, (priority, item))\n")
    result = checked(trial_of, by_item.replace(POP, "heapq.heappop(self._entries)[1]"))

    assert not result.passed
    assert result.detail.startswith("after Queue("), result.detail
    assert "push(priority=" in result.detail


def test_an_object_that_answers_as_before_may_keep_what_it_likes(trial_of: MakeTrial) -> None:
    push = "        heapq.heappush(self._heap, (priority, self._count, item))\n        self._count += 1\n"
    heap = QUEUE.replace(PUSH, push).replace(POP, "heapq.heappop(self._entries)[2]")
    result = checked(trial_of, heap.replace("self._entries", "self._heap"))

    assert result.passed, result.detail
    assert result.facts["counted"] > 50


@pytest.mark.parametrize(
    ("old", "new"), [("self._count += 1", "self._count += 2"), ("pop(0)[2]", "pop(0)[-1]")]
)
def test_the_other_methods_of_a_class_that_changed_are_recorded_with_it(old: str, new: str) -> None:
    change = find_change({"pkg/core.py": QUEUE}, {"pkg/core.py": QUEUE.replace(old, new)})

    every = {one.name for one in (*change.functions, *change.companions)}
    assert every == {"Queue.__init__", "Queue.push", "Queue.pop", "Queue.__len__"}
    assert not set(change.functions) & set(change.companions)
