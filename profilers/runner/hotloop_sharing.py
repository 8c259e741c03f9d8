"""Which mutable objects a result holds twice, or shares with arguments: what changes there changes elsewhere.

Runs beside target code: Python 3.9+, no dependencies.
"""

import collections
import dataclasses

import hotloop_observe

MOST = 20_000  # objects looked at below one value

_MANY = (list, tuple, set, frozenset, collections.deque)
_MUTABLE = (list, dict, set, bytearray, collections.deque)
_ATOMS = frozenset((int, float, complex, str, bytes, bool, type(None), range, slice))


def ties(result, arguments):
    """Arguments that share a mutable object with the result, by name; "itself" where one is in it twice."""
    made = _mutable_below(result)
    if not made:
        return []
    given = {name: _mutable_below(value) for _, name, value in arguments}
    found = [name for name, parts in given.items() if not made.keys().isdisjoint(parts)]
    twice = {key for key, times in made.items() if times > 1}.difference(*given.values())
    return sorted([*found, "itself"] if twice else found)


def _mutable_below(value):
    """{id: how often it is reached} of mutable objects, as far as a caller can get at them."""
    seen, times, waiting = set(), {}, [value]
    while waiting and len(seen) < MOST:
        part = waiting.pop()
        if type(part) in _ATOMS:
            continue
        names = [] if isinstance(part, (*_MANY, *_MUTABLE)) else hotloop_observe.attributes(part)[0]
        if isinstance(part, _MUTABLE) or (names and _can_be_set(part)):
            times[id(part)] = times.get(id(part), 0) + 1
        if id(part) not in seen:
            seen.add(id(part))
            waiting.extend(_parts(part, names))
    return times


def _can_be_set(value):
    """Whether it is data whose attributes can be set: no function, class or module, and nothing frozen."""
    kind = type(value)
    free = kind.__setattr__ is object.__setattr__ and not isinstance(value, BaseException)
    frozen = dataclasses.is_dataclass(value) and value.__dataclass_params__.frozen
    return free and not frozen and kind.__module__ not in ("builtins", "re")


def _parts(value, names):
    if isinstance(value, dict):
        return list(dict.values(value))
    if isinstance(value, _MANY):
        return list(next(kind for kind in _MANY if isinstance(value, kind)).__iter__(value))
    return [vars(value)[name] for name in names if name in getattr(value, "__dict__", ())]
