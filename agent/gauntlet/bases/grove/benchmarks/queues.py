"""A queue with priorities, filled and emptied."""

import random

from grove.queues import PriorityQueue


def setup(seed, size=250):
    draw = random.Random(seed)
    return [(draw.randrange(50), number) for number in range(size)]


def workload(pairs):
    queue = PriorityQueue()
    for priority, item in pairs:
        queue.push(priority, item)
    return [queue.pop() for _ in range(len(queue))]
