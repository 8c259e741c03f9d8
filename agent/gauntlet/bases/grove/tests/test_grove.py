import itertools

import pytest

from grove.graph import components, in_order, reachable, shortest
from grove.queues import Line, PriorityQueue, busiest, simulate
from grove.stream import Event, chunks, first, merge, parse, scale, tally
from grove.tree import Tree


def test_tree():
    tree = Tree([3, 1, 2, 3])
    assert list(tree) == [1, 2, 3]
    assert len(tree) == 3
    assert 2 in tree and 4 not in tree
    assert tree.height() == 3
    assert tree.smallest() == 1
    assert list(tree.between(1, 3)) == [1, 2]
    assert not tree.add(1)


def test_an_empty_tree():
    assert Tree().height() == 0
    with pytest.raises(KeyError):
        Tree().smallest()


def test_priority_queue():
    queue = PriorityQueue()
    for priority, item in [(2, "b"), (1, "a"), (2, "c")]:
        queue.push(priority, item)
    assert [queue.pop() for _ in range(len(queue))] == ["a", "b", "c"]
    with pytest.raises(IndexError):
        queue.pop()


def test_line():
    line = Line([1])
    line.join(2)
    assert line.waiting() == [1, 2]
    assert line.serve() == 1
    assert len(line) == 1


def test_simulate():
    assert simulate([(0, "a"), (0, "b"), (5, "c")]) == ["a", "b", "c"]


def test_busiest():
    assert busiest([("b", 0, 2), ("a", 0, 2), ("c", 1, 2)]) == "a"
    assert busiest([]) is None


def test_reachable():
    assert reachable({1: [2, 3], 2: [4]}, 1) == [1, 2, 3, 4]


def test_shortest():
    assert shortest({"a": {"b": 5, "c": 1}, "c": {"b": 1}}, "a") == {"a": 0, "b": 2, "c": 1}
    with pytest.raises(ValueError):
        shortest({"a": {"b": -1}}, "a")


def test_components():
    assert components({1: [2], 2: [1], 3: []}) == [[1, 2], [3]]


def test_in_order():
    assert in_order({"b": ["a"], "c": ["a", "b"]}) == ["a", "b", "c"]
    with pytest.raises(ValueError):
        in_order({"a": ["b"], "b": ["a"]})


def test_parse():
    assert list(parse(["# x", "", "a 1 2"])) == [Event("a", 1, 2)]
    with pytest.raises(ValueError):
        list(parse(["a 1"]))


def test_first():
    assert first([1, 2, 3, 4], lambda n: n % 2 == 0) == 2
    with pytest.raises(LookupError):
        first([], bool)


def test_chunks():
    assert list(chunks([1, 2, 3], 2)) == [[1, 2], [3]]
    assert next(chunks(itertools.count(), 2)) == [0, 1]


def test_merge():
    assert merge([[1, 3], [2], []]) == [1, 2, 3]


def test_tally_and_scale():
    events = [Event("b", 1, 2), Event("a", 2, 3), Event("b", 3, 4)]
    assert tally(events) == {"b": 6, "a": 3}
    assert [event.size for event in scale(events, 2)] == [4, 6, 8]
    assert events[0].size == 2
