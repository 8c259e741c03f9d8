"""How much of an iterator a function takes: how far it reads ahead of what it hands out.

Runs beside target code: Python 3.9+, no dependencies.
"""

import inspect
import re
import time

import hotloop_calling
import hotloop_canon

HANDED_OUT = 2000  # items of a lazy result that are asked for, at most
_ANNOTATED = re.compile(r"\b(Iterable|Iterator|Generator)\b")
_WRITTEN = re.compile(
    r"\b(lazy|lazily|streams?|iterators?|iterables?|endless|infinite|one by one|one at a time)\b",
    re.IGNORECASE,
)


def looked_at(prepare, count, floats_apart):
    """One row for each list or tuple among the arguments of a call, given whole and then one item at a time.

    prepare: gives the function and fresh arguments. count: to how many items they are repeated.
    """
    names = [name for how, name, value in prepare()[1] if how in ("p", "k") and _is_sequence(value)]
    return [_row(prepare, name, count, floats_apart) for name in names]


def _row(prepare, name, count, floats_apart):
    function, arguments = prepare()
    whole = _outcome(function, _with(arguments, name, lambda items: items, count), name, floats_apart, [0])
    function, arguments = prepare()
    taken = [0]
    streamed = _with(arguments, name, lambda items: _counted(items, taken), count)
    begun = time.perf_counter()
    outcome = _outcome(function, streamed, name, floats_apart, taken)
    return {
        **outcome,
        "name": name,
        "whole": whole["digest"],
        "seconds": time.perf_counter() - begun,
        "promised": _promises(function, name, outcome["lazy"]),
    }


def _is_sequence(value):
    return type(value) in (list, tuple) and len(value) > 0


def _with(arguments, name, make, count):
    return [
        (how, key, make((value * (count // len(value) + 1))[:count]) if key == name else value)
        for how, key, value in arguments
    ]


def _counted(items, taken):
    """A generator, as any caller may give."""
    for item in items:
        taken[0] += 1
        yield item


def _outcome(function, arguments, name, floats_apart, taken):
    """What came of a call, and how much was taken: after each item that it handed out, and at the end."""
    canon = hotloop_canon.Canon(floats_apart, observe=True)
    result = hotloop_calling.result_of(function, *hotloop_calling.bound(arguments))
    lazy, steps = hasattr(type(result), "__next__"), []
    while lazy and len(steps) < HANDED_OUT:
        item = hotloop_calling.result_of(next, [result], {})
        if isinstance(item, BaseException):
            result = None if isinstance(item, StopIteration) else item
            break
        canon.add(item)
        steps.append(taken[0])
    if not lazy or isinstance(result, BaseException):
        canon.add(result)
    for _, key, value in arguments:
        if key != name:
            canon.add(value)
    raised = type(result).__name__ if isinstance(result, BaseException) else None
    return {"digest": canon.digest(), "raised": raised, "lazy": lazy, "taken": [*steps, taken[0]]}


def _promises(function, name, lazy):
    """Whether annotation or, of what is lazy itself, description say that an iterator will do."""
    annotation = getattr(function, "__annotations__", {}).get(name, "")
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    words = getattr(function, "__doc__", None)
    written = lazy and isinstance(words, str) and _WRITTEN.search(words) is not None
    return written or _ANNOTATED.search(text) is not None
