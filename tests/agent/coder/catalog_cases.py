"""Where each rewrite fits and where it does not: one table for all tests of the catalog.

Every `before` and `after` defines `f`; `arguments` draws tuples of arguments for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

WORDS = st.text("ab ", max_size=5)
LISTS = st.lists(WORDS, max_size=5)
NUMBERS = st.integers(-3, 6)


@dataclass(frozen=True)
class Fits:
    """A rewrite changes `before` into exactly `after`."""

    rewrite: str
    before: str
    after: str
    arguments: SearchStrategy[tuple[Any, ...]]


@dataclass(frozen=True)
class Leaves:
    """A rewrite leaves `source` alone, because of `why`."""

    rewrite: str
    why: str
    source: str


FITS: list[Fits] = []
LEAVES: list[Leaves] = []


def fits(rewrite: str, before: str, after: str, *arguments: SearchStrategy[Any]) -> None:
    FITS.append(Fits(rewrite, dedent(before).lstrip("\n"), dedent(after).lstrip("\n"), st.tuples(*arguments)))


def leaves(rewrite: str, why: str, source: str) -> None:
    LEAVES.append(Leaves(rewrite, why, dedent(source).lstrip("\n")))


fits(
    "memo-for-recursion",
    '''
    def f(n: int) -> int:
        """Fibonacci."""
        if n < 2:  # the base
            return n
        return f(n - 1) + f(n - 2)
    ''',
    '''
    def f(n: int) -> int:
        """Fibonacci."""
        known = {}

        def f_of(n: int) -> int:
            key = (n,)
            if key in known:
                return known[key]
            if n < 2:  # the base
                return n
            known[key] = f_of(n - 1) + f_of(n - 2)
            return known[key]

        return f_of(n)
    ''',
    st.integers(-3, 12),
)
fits(
    "memo-for-recursion",
    """
    def f(one: str, other: str):
        if not one or not other: return len(one) + len(other)
        best = min(f(one[1:], other), f(one, other[1:]))
        if one[0] == other[0]: return f(one[1:], other[1:])
        return 1 + best
    """,
    """
    def f(one: str, other: str):
        known = {}

        def f_of(one: str, other: str):
            key = (one, other)
            if key in known:
                return known[key]
            if not one or not other: return len(one) + len(other)
            best = min(f_of(one[1:], other), f_of(one, other[1:]))
            if one[0] == other[0]: known[key] = f_of(one[1:], other[1:]); return known[key]
            known[key] = 1 + best
            return known[key]

        return f_of(one, other)
    """,
    st.text("ab", max_size=4),
    st.text("ab", max_size=4),
)
fits(
    "memo-for-recursion",
    """
    def f(n):
        def ways(k, most):
            if k <= 0:
                return 1
            return sum(ways(k - 1, most) for _ in range(most) if most < 3) + ways(k - 2, most)

        return ways(n, 2)
    """,
    """
    def f(n):
        def ways(k, most):
            known = {}

            def ways_of(k, most):
                key = (k, most)
                if key in known:
                    return known[key]
                if k <= 0:
                    return 1
                known[key] = sum(ways_of(k - 1, most) for _ in range(most) if most < 3) + ways_of(k - 2, most)
                return known[key]

            return ways_of(k, most)

        return ways(n, 2)
    """,
    st.integers(-3, 6),
)
leaves(
    "memo-for-recursion",
    "one call leads to one only",
    """
    def f(n: int) -> int:
        return 1 if n < 2 else n * f(n - 1)
    """,
)
leaves(
    "memo-for-recursion",
    "a parameter may be unhashable",
    """
    def f(items, n: int) -> int:
        return 0 if not items else f(items[1:], n) + f(items[1:], n - 1)
    """,
)
leaves(
    "memo-for-recursion",
    "it prints",
    """
    def f(n: int) -> int:
        print(n)
        return n if n < 2 else f(n - 1) + f(n - 2)
    """,
)
leaves(
    "memo-for-recursion",
    "it calls something unknown",
    """
    def f(n: int) -> int:
        return limit() if n < 2 else f(n - 1) + f(n - 2)
    """,
)
leaves(
    "memo-for-recursion",
    "its answer could be changed by whoever gets it",
    """
    def f(n: int) -> list:
        return [n] if n < 2 else f(n - 1) + f(n - 2)
    """,
)
leaves(
    "memo-for-recursion",
    "one argument may be a list",
    """
    def f(n, m):
        return n if n < 2 else f(n - 1, m) + f(n - 2, m)
    """,
)
leaves(
    "memo-for-recursion",
    "it is a method",
    """
    class A:
        def f(self, n: int) -> int:
            return n if n < 2 else self.f(n - 1) + self.f(n - 2)
    """,
)
leaves(
    "memo-for-recursion",
    "the function is passed on",
    """
    def f(n: int) -> int:
        return n if n < 2 else f(n - 1) + sum(map(f, range(n - 1)))
    """,
)

fits(
    "set-for-local",
    """
    def f(words: list[str], barred: list[str]):
        seen = []
        for word in barred:
            seen.append(word)
        return [word for word in words if word not in seen]
    """,
    """
    def f(words: list[str], barred: list[str]):
        seen = set()
        for word in barred:
            seen.add(word)
        return [word for word in words if word not in seen]
    """,
    LISTS,
    LISTS,
)
fits(
    "set-for-local",
    """
    def f(text: str, wanted: list[str]):
        known = list(wanted)
        count = 0
        for word in text.split():
            if word in known:
                count += 1
        return count
    """,
    """
    def f(text: str, wanted: list[str]):
        known = set(wanted)
        count = 0
        for word in text.split():
            if word in known:
                count += 1
        return count
    """,
    WORDS,
    LISTS,
)
leaves(
    "set-for-local",
    "the items may be unhashable",
    """
    def f(words, items):
        seen = []
        for item in items:
            seen.append(item)
        return [word for word in words if word in seen]
    """,
)
leaves(
    "set-for-local",
    "the list is returned",
    """
    def f(words: list[str], barred: list[str]):
        seen = list(barred)
        return [word for word in words if word in seen], seen
    """,
)
leaves(
    "set-for-local",
    "the list is another's",
    """
    def f(words: list[str], barred: list[str]):
        seen = barred
        return [word for word in words if word in seen]
    """,
)
leaves(
    "set-for-local",
    "it is asked once",
    """
    def f(word: str, barred: list[str]):
        seen = list(barred)
        return word in seen
    """,
)
leaves(
    "set-for-local",
    "a nested function uses it",
    """
    def f(words: list[str], barred: list[str]):
        seen = list(barred)
        def g(word: str):
            seen.append(word)
        return [word for word in words if word in seen], g
    """,
)

fits(
    "set-for-constant",
    """
    # Words without meaning.
    SMALL = ["a", "ab", "b", "ba"]  # kept sorted


    def f(word: str):
        return word in SMALL
    """,
    """
    # Words without meaning.
    SMALL = ["a", "ab", "b", "ba"]  # kept sorted
    _SMALL_SET = frozenset(SMALL)


    def f(word: str):
        return word in _SMALL_SET
    """,
    WORDS,
)
fits(
    "set-for-constant",
    """
    SMALL = ["a", "ab", "b", "ba"]
    _SMALL_SET = frozenset(SMALL)


    def f(word: str):
        return word in SMALL
    """,
    """
    SMALL = ["a", "ab", "b", "ba"]
    _SMALL_SET = frozenset(SMALL)


    def f(word: str):
        return word in _SMALL_SET
    """,
    WORDS,
)
leaves(
    "set-for-constant",
    "the list is given away",
    """
    SMALL = ["a", "ab", "b", "ba"]
    def f(word: str):
        return word in SMALL
    def g():
        return SMALL
    """,
)
leaves(
    "set-for-constant",
    "the word may be unhashable",
    """
    SMALL = ["a", "ab", "b", "ba"]
    def f(word):
        return word in SMALL
    """,
)
leaves(
    "set-for-constant",
    "the list is changed",
    """
    SMALL = ["a", "ab", "b", "ba"]
    def f(word: str):
        return word in SMALL
    def g():
        SMALL.append("c")
    """,
)
leaves(
    "set-for-constant",
    "the name is rebound",
    """
    SMALL = ["a", "ab", "b", "ba"]
    def f(word: str):
        return word in SMALL
    def g():
        global SMALL
        SMALL = []
    """,
)
leaves(
    "set-for-constant",
    "the list is handed to somebody",
    """
    SMALL = ["a", "ab", "b", "ba"]
    def f(word: str):
        return word in SMALL
    f.words = SMALL
    """,
)
leaves(
    "set-for-constant",
    "a local has the same name",
    """
    SMALL = ["a", "ab", "b", "ba"]
    def f(word: str, SMALL):
        return word in SMALL
    """,
)

fits(
    "set-for-literal",
    """
    def f(word: str):
        return word.lower() not in ("a", "b", "ab", "ba")
    """,
    """
    def f(word: str):
        return word.lower() not in {"a", "b", "ab", "ba"}
    """,
    WORDS,
)
leaves(
    "set-for-literal",
    "the word may be unhashable",
    """
    def f(word):
        return word in ("a", "b", "ab", "ba")
    """,
)
leaves(
    "set-for-literal",
    "few items are as fast one by one",
    """
    def f(word: str):
        return word in ("a", "b")
    """,
)
leaves(
    "set-for-literal",
    "an item is not a constant",
    """
    def f(word: str, other):
        return word in ("a", "b", "ab", other)
    """,
)

fits(
    "keys-membership",
    """
    def f(d: dict, k: int):
        return k in d.keys() or k not in d.keys()
    """,
    """
    def f(d: dict, k: int):
        return k in d or k not in d
    """,
    st.dictionaries(NUMBERS, NUMBERS),
    NUMBERS,
)
leaves("keys-membership", "`keys` is given something", "def f(d, k):\n    return k in d.keys(1)\n")
leaves("keys-membership", "it is no membership", "def f(d, k):\n    return k == d.keys()\n")

fits(
    "deque-for-queue",
    '''
    """Walk."""
    from __future__ import annotations
    import os


    def f(tree, start: int):
        queue = [start]
        found = []
        while queue:
            node = queue.pop(0)
            found.append(node)
            queue.extend(tree.get(node, []))
            if len(found) > 20:
                queue.insert(0, queue.pop())
                return found, len(queue)
        return found
    ''',
    '''
    """Walk."""
    from __future__ import annotations
    import os
    from collections import deque


    def f(tree, start: int):
        queue = deque([start])
        found = []
        while queue:
            node = queue.popleft()
            found.append(node)
            queue.extend(tree.get(node, []))
            if len(found) > 20:
                queue.appendleft(queue.pop())
                return found, len(queue)
        return found
    ''',
    st.dictionaries(NUMBERS, st.lists(NUMBERS, max_size=3)),
    NUMBERS,
)
fits(
    "deque-for-queue",
    """
    import collections

    def f(items: list):
        rest = list(items)
        found = []
        while True:
            found.append(rest.pop(0))
    """,
    """
    import collections

    def f(items: list):
        rest = collections.deque(items)
        found = []
        while True:
            found.append(rest.popleft())
    """,
    LISTS,
)
fits(
    "deque-for-queue",
    """
    def f(items: list[int]):
        rest = [n for n in items]
        total = 0
        while rest and total < 20:
            total += rest[0]
            total += sum(n for n in rest)
            rest.pop(0)
            rest += [2] * (total % 2)
        return total
    """,
    """
    from collections import deque

    def f(items: list[int]):
        rest = deque([n for n in items])
        total = 0
        while rest and total < 20:
            total += rest[0]
            total += sum(n for n in rest)
            rest.popleft()
            rest += [2] * (total % 2)
        return total
    """,
    st.lists(st.integers(1, 5), max_size=4),
)
leaves(
    "deque-for-queue",
    "the queue is returned",
    """
    def f(n: int):
        queue = [n]
        while queue:
            queue.pop(0)
        return queue
    """,
)
leaves(
    "deque-for-queue",
    "it is printed",
    """
    def f(n: int):
        queue = [n]
        while queue:
            queue.pop(0)
            print(queue)
    """,
)
leaves(
    "deque-for-queue",
    "it is sliced",
    """
    def f(n: int):
        queue = [n]
        while queue:
            queue.pop(0)
            print(queue[1:])
    """,
)
leaves(
    "deque-for-queue",
    "the list is the caller's",
    """
    def f(queue: list):
        while queue:
            queue.pop(0)
    """,
)
leaves(
    "deque-for-queue",
    "it is walked over while it changes",
    """
    def f(n: int):
        queue = [n]
        for item in queue:
            queue.pop(0)
    """,
)
leaves(
    "deque-for-queue",
    "a middle item is taken",
    """
    def f(n: int):
        queue = [n, n]
        while queue:
            queue.pop(0)
            queue.pop(1)
    """,
)

fits(
    "append-for-copy",
    """
    def f(items: list):
        out = []
        for item in items:
            out = out + [item]
            out = out + [len(out), 1]
        return out
    """,
    """
    def f(items: list):
        out = []
        for item in items:
            out.append(item)
            out.extend([len(out), 1])
        return out
    """,
    LISTS,
)
leaves(
    "append-for-copy",
    "an old list is kept",
    """
    def f(items):
        out = []
        kept = []
        for item in items:
            out = out + [item]
            kept.append(out)
        return kept
    """,
)
leaves(
    "append-for-copy",
    "the list is the caller's",
    """
    def f(items, out):
        for item in items:
            out = out + [item]
        return out
    """,
)
leaves(
    "append-for-copy",
    "it is walked over",
    """
    def f(n: int):
        out = [n]
        for item in out:
            out = out + [item]
        return out
    """,
)
leaves(
    "append-for-copy",
    "the generator shows it half-way",
    """
    def f(items):
        out = []
        for item in items:
            out = out + [item]
            yield 1
        return out
    """,
)

fits(
    "chain-for-sum",
    """
    def f(lists: list[list[int]]):
        return sum([part[:2] for part in lists], []) + sum(lists, [])
    """,
    """
    from itertools import chain

    def f(lists: list[list[int]]):
        return list(chain.from_iterable([part[:2] for part in lists])) + sum(lists, [])
    """,
    st.lists(st.lists(NUMBERS, max_size=3), max_size=3),
)
leaves("chain-for-sum", "the start is not empty", "def f(lists):\n    return sum(lists, [1])\n")
leaves(
    "chain-for-sum",
    "`sum` is not the builtin",
    "from numpy import sum\ndef f(lists):\n    return sum(lists, [])\n",
)
leaves(
    "chain-for-sum",
    "anything may come from a star",
    "from numpy import *\ndef f(lists):\n    return sum(lists, [])\n",
)
leaves("chain-for-sum", "`list` is taken", "def list(x): ...\ndef f(lists):\n    return sum(lists, [])\n")

fits(
    "min-for-sorted",
    """
    def f(words: list[str]):
        if not words:
            return None
        return sorted(words, key=len)[0], sorted(words, reverse=True)[0]
    """,
    """
    def f(words: list[str]):
        if not words:
            return None
        return min(words, key=len), sorted(words, reverse=True)[0]
    """,
    LISTS,
)
fits(
    "min-for-sorted",
    """
    def f(words):
        return sorted(words)[:2]
    """,
    """
    from heapq import nsmallest

    def f(words):
        return nsmallest(2, words)
    """,
    LISTS,
)
fits(
    "min-for-sorted",
    """
    def f(words: list[str]):
        return sorted(words, key=len)[0]
    """,
    """
    from heapq import nsmallest

    def f(words: list[str]):
        return nsmallest(1, words, key=len)[0]
    """,
    LISTS,
)
fits(
    "min-for-sorted",
    """
    import heapq

    def f(words: list[str]):
        return sorted(words)[-1]
    """,
    """
    import heapq

    def f(words: list[str]):
        return heapq.nlargest(1, words)[0]
    """,
    LISTS,
)
leaves(
    "min-for-sorted",
    "the last of equal items is not the first",
    """
    def f(x: list):
        if not x:
            return None
        return sorted(x)[-1]
    """,
)
leaves("min-for-sorted", "the count may be negative", "def f(x, n):\n    return sorted(x)[:n]\n")
leaves(
    "min-for-sorted",
    "`sorted` is taken",
    """
    def f(x: list, sorted):
        return sorted(x)[0]
    """,
)

fits(
    "compile-pattern-once",
    '''
    """Text."""
    import re


    # Marks.
    def f(text: str):
        spaced = re.sub(r"\\s+", " ", text, flags=re.I | re.M)
        return re.match("a", spaced) is None, re.split(r"b", text, 1), re.match("a", text)
    ''',
    '''
    """Text."""
    import re


    _F_RE = re.compile(r"\\s+", re.I | re.M)
    _F_RE_2 = re.compile("a")
    _F_RE_3 = re.compile(r"b")


    # Marks.
    def f(text: str):
        spaced = _F_RE.sub(" ", text)
        return _F_RE_2.match(spaced) is None, _F_RE_3.split(text, 1), _F_RE_2.match(text)
    ''',
    WORDS,
)
fits(
    "compile-pattern-once",
    """
    import re

    SPACE = re.compile(r"[a ]+")


    def f(text: str):
        return re.sub(r"[a ]+", "", text)
    """,
    """
    import re

    SPACE = re.compile(r"[a ]+")


    def f(text: str):
        return SPACE.sub("", text)
    """,
    WORDS,
)
leaves(
    "compile-pattern-once",
    "the pattern is not written out",
    "import re\ndef f(p, s):\n    return re.match(p, s)\n",
)
leaves(
    "compile-pattern-once",
    "the pattern is wrong, which is found out at the call",
    'import re\ndef f(s):\n    return re.match("(", s)\n',
)
leaves(
    "compile-pattern-once", "`re` is imported later", 'def f(s):\n    return re.match("a", s)\nimport re\n'
)
leaves(
    "compile-pattern-once",
    "`re` is another module",
    'import regex as re\ndef f(s):\n    return re.match("a", s)\n',
)
leaves(
    "compile-pattern-once",
    "the flags are computed",
    'import re\ndef f(s, g):\n    return re.match("a", s, g)\n',
)

fits(
    "invariant-before-loop",
    """
    def f(text: str):
        i = 0
        out = []
        # walk
        while i < len(text):
            out.append(len(text) - i)
            i += 1
        return out
    """,
    """
    def f(text: str):
        i = 0
        out = []
        # walk
        text_len = len(text)
        while i < text_len:
            out.append(text_len - i)
            i += 1
        return out
    """,
    WORDS,
)
leaves(
    "invariant-before-loop",
    "the list changes",
    """
    def f(items: list):
        while len(items) > 2:
            items.pop()
    """,
)
leaves(
    "invariant-before-loop",
    "something unknown may change the list",
    """
    def f(items: list, g):
        for i in range(3):
            g(len(items))
    """,
)
leaves(
    "invariant-before-loop",
    "the name is rebound",
    """
    def f(text: str):
        while len(text):
            text = text[1:]
    """,
)
leaves(
    "invariant-before-loop",
    "it might raise where the loop never came to it",
    """
    def f(n, xs):
        for x in xs:
            print(int(n))
    """,
)

fits(
    "lookup-before-loop",
    """
    import math


    def f(numbers: list[int]):
        total = 0.0
        for n in numbers:
            for m in range(n):
                total += math.sqrt(m) + math.floor(m)
        return total
    """,
    """
    import math


    def f(numbers: list[int]):
        total = 0.0
        sqrt = math.sqrt
        for n in numbers:
            for m in range(n):
                total += sqrt(m) + math.floor(m)
        return total
    """,
    st.lists(NUMBERS, max_size=4),
)
leaves(
    "lookup-before-loop",
    "`math` is a parameter",
    "import math\ndef f(math, x):\n    for i in x:\n        math.sqrt(i)\n",
)
leaves("lookup-before-loop", "there is no loop", "import math\ndef f(x):\n    return math.sqrt(x)\n")
leaves(
    "lookup-before-loop",
    "the name is taken",
    "import math\ndef f(x, sqrt):\n    for i in x:\n        math.sqrt(i)\n",
)

fits(
    "import-at-top",
    '''
    """Doc."""


    def f(x: list):
        """Copy."""
        from copy import deepcopy
        return deepcopy(x)
    ''',
    '''
    """Doc."""

    from copy import deepcopy


    def f(x: list):
        """Copy."""
        return deepcopy(x)
    ''',
    st.lists(LISTS, max_size=3),
)
leaves(
    "import-at-top", "the module may be missing", "def f(x):\n    import numpy\n    return numpy.array(x)\n"
)
leaves(
    "import-at-top", "a sibling may import us", "def f(x):\n    from . import math\n    return math.g(x)\n"
)
leaves(
    "import-at-top",
    "the module uses the name otherwise",
    "copy = 1\ndef f(x):\n    import copy\n    return copy.copy(x)\n",
)
leaves(
    "import-at-top",
    "it is conditional",
    "def f(x):\n    if x:\n        import copy\n        return copy.copy(x)\n",
)

fits(
    "comprehension-for-append",
    """
    def f(rows: list[list[int]], least: int):
        out = []
        for row in rows:
            if row:
                for n in row:
                    if n >= least:
                        out.append(n * 2)
        return out
    """,
    """
    def f(rows: list[list[int]], least: int):
        out = [n * 2 for row in rows if row for n in row if n >= least]
        return out
    """,
    st.lists(st.lists(NUMBERS, max_size=3), max_size=3),
    NUMBERS,
)
fits(
    "comprehension-for-append",
    """
    def f(rows: list[list[int]]):
        pairs_of_numbers: list = []  # with a comment
        for position_of_row, numbers_of_row in enumerate(rows):
            pairs_of_numbers.append((position_of_row, numbers_of_row[0] if numbers_of_row else None))
        return pairs_of_numbers
    """,
    """
    def f(rows: list[list[int]]):
        pairs_of_numbers: list = [
            (position_of_row, numbers_of_row[0] if numbers_of_row else None)
            for position_of_row, numbers_of_row in enumerate(rows)
        ]  # with a comment
        return pairs_of_numbers
    """,
    st.lists(st.lists(NUMBERS, max_size=3), max_size=3),
)
leaves(
    "comprehension-for-append",
    "the loop variable is used later",
    """
    def f(xs):
        out = []
        for x in xs:
            out.append(x)
        return out, x
    """,
)
leaves(
    "comprehension-for-append",
    "a comment would be lost",
    """
    def f(xs):
        out = []
        for x in xs:
            # why
            out.append(x)
        return out
    """,
)
leaves(
    "comprehension-for-append",
    "the list is read while it grows",
    """
    def f(xs):
        out = []
        for x in xs:
            out.append(len(out))
        return out
    """,
)
leaves(
    "comprehension-for-append",
    "a handler sees the half-filled list",
    """
    def f(xs):
        try:
            out = []
            for x in xs:
                out.append(int(x))
        except ValueError:
            return out
    """,
)
leaves(
    "comprehension-for-append",
    "it yields",
    """
    def f(xs):
        out = []
        for x in xs:
            out.append((yield x))
        return out
    """,
)
leaves(
    "comprehension-for-append",
    "a lambda keeps the variable",
    """
    def f(xs):
        out = []
        for x in xs:
            out.append(lambda: x)
        return out
    """,
)
leaves(
    "comprehension-for-append",
    "there is an else",
    """
    def f(xs):
        out = []
        for x in xs:
            out.append(x)
        else:
            out = None
        return out
    """,
)

fits(
    "comprehension-for-add",
    """
    def f(words: list[str]):
        lengths = {}
        for word in words:
            lengths[word] = len(word)
        seen = set()
        for word in words:
            if word:
                seen.add(word.strip())
        return lengths, seen
    """,
    """
    def f(words: list[str]):
        lengths = {word: len(word) for word in words}
        seen = set()
        for word in words:
            if word:
                seen.add(word.strip())
        return lengths, seen
    """,
    LISTS,
)
leaves(
    "comprehension-for-add",
    "key and value both do something",
    """
    def f(xs, g):
        d = {}
        for x in xs:
            d[g(x)] = g(x)
        return d
    """,
)
leaves(
    "comprehension-for-add",
    "the value reads the dict",
    """
    def f(xs):
        d = {}
        for x in xs:
            d[x] = len(d)
        return d
    """,
)

fits(
    "comprehension-for-constructor",
    """
    def f(words: list[str]):
        return list(w for w in words), set([w[:1] for w in words]), dict((w, len(w)) for w in words)
    """,
    """
    def f(words: list[str]):
        return [w for w in words], {w[:1] for w in words}, {w: len(w) for w in words}
    """,
    LISTS,
)
leaves(
    "comprehension-for-constructor",
    "the pairs are not written out",
    "def f(x):\n    return dict(p for p in x)\n",
)
leaves("comprehension-for-constructor", "`set` is taken", "def f(x, set):\n    return set([i for i in x])\n")

fits(
    "comprehension-for-map-lambda",
    """
    def f(words: list[str]):
        return list(map(lambda w: w.strip(), words)), list(filter(lambda w: len(w) > 1, words or []))
    """,
    """
    def f(words: list[str]):
        return [w.strip() for w in words], [w for w in words or [] if len(w) > 1]
    """,
    LISTS,
)
leaves(
    "comprehension-for-map-lambda",
    "the lambda takes two",
    "def f(x, y):\n    return list(map(lambda a, b: a, x, y))\n",
)
leaves("comprehension-for-map-lambda", "the map stays lazy", "def f(x):\n    return map(lambda a: a, x)\n")
leaves(
    "comprehension-for-map-lambda",
    "the lambda makes functions",
    "def f(x):\n    return list(map(lambda a: lambda: a, x))\n",
)

fits(
    "list-for-generator",
    """
    def f(words: list[str]):
        return "-".join(w.strip() for w in words), tuple(len(w) for w in words)
    """,
    """
    def f(words: list[str]):
        return "-".join([w.strip() for w in words]), tuple([len(w) for w in words])
    """,
    LISTS,
)
leaves(
    "list-for-generator", "`join` may be anybody's", "def f(path, x):\n    return path.join(a for a in x)\n"
)
leaves("list-for-generator", "it awaits", 'async def f(x):\n    return "".join(await a for a in x)\n')

fits(
    "no-list-inside",
    """
    def f(words: list[str]):
        return sorted(list(words), key=len), set(list(w for w in words)), "".join(list(words))
    """,
    """
    def f(words: list[str]):
        return sorted(words, key=len), set((w for w in words)), "".join(words)
    """,
    LISTS,
)
leaves(
    "no-list-inside", "the copy protects a loop", "def f(x):\n    for a in list(x):\n        x.remove(a)\n"
)
leaves("no-list-inside", "`len` needs the list", "def f(x):\n    return len(list(x))\n")

fits(
    "lazy-any",
    """
    def f(words: list[str]):
        return any([w.startswith("a") for w in words]), all([len(w) > 1 for w in words if w])
    """,
    """
    def f(words: list[str]):
        return any(w.startswith("a") for w in words), all(len(w) > 1 for w in words if w)
    """,
    LISTS,
)
leaves("lazy-any", "every call may do something", "def f(xs, g):\n    return any([g(x) for x in xs])\n")

fits(
    "enumerate-for-range",
    """
    def f(words: list[str]):
        total = 0
        out = []
        for i in range(len(words)):
            total += i * len(words[i])
        for j in range(len(words)):
            out.append(words[j].strip())
        return total, out
    """,
    """
    def f(words: list[str]):
        total = 0
        out = []
        for i, word in enumerate(words):
            total += i * len(word)
        for j in range(len(words)):
            out.append(words[j].strip())
        return total, out
    """,
    LISTS,
)
leaves(
    "enumerate-for-range",
    "it may be a dict",
    """
    def f(d):
        for i in range(len(d)):
            print(d[i])
    """,
)
leaves(
    "enumerate-for-range",
    "an item is stored",
    """
    def f(xs: list):
        for i in range(len(xs)):
            xs[i] = xs[i] + 1
    """,
)
leaves(
    "enumerate-for-range",
    "something unknown may change the list",
    """
    def f(xs: list, g):
        for i in range(len(xs)):
            g(xs[i])
    """,
)
leaves(
    "enumerate-for-range",
    "the index is changed",
    """
    def f(xs: list[str]):
        for i in range(len(xs)):
            i += 1
            print(xs[i])
    """,
)

fits(
    "items-for-keys",
    """
    def f(counts: dict[str, int]):
        out = []
        for word in counts.keys():
            if counts[word] > 1:
                out.append((word, counts[word]))
        return out
    """,
    """
    def f(counts: dict[str, int]):
        out = []
        for word, count in counts.items():
            if count > 1:
                out.append((word, count))
        return out
    """,
    st.dictionaries(WORDS, NUMBERS),
)
leaves(
    "items-for-keys",
    "it may be a list",
    "def f(d):\n    return [d[k] for k in d]\ndef g(d):\n    for k in d:\n        str(d[k])\n",
)
leaves(
    "items-for-keys",
    "the values change",
    """
    def f(d: dict):
        for k in d:
            d[k] = d[k] + 1
    """,
)

fits(
    "setdefault-for-test",
    """
    def f(words: list[str]):
        groups = {}
        for word in words:
            if word[:1] not in groups:
                groups[word[:1]] = []
            groups[word[:1]].append(word)
        return groups
    """,
    """
    def f(words: list[str]):
        groups = {}
        for word in words:
            groups.setdefault(word[:1], []).append(word)
        return groups
    """,
    LISTS,
)
leaves(
    "setdefault-for-test",
    "it may be no dict",
    """
    def f(d, k):
        if k not in d:
            d[k] = []
        d[k].append(1)
    """,
)
leaves(
    "setdefault-for-test",
    "the default is not empty",
    """
    def f(k):
        d = {}
        if k not in d:
            d[k] = [0]
        d[k].append(1)
    """,
)
leaves(
    "setdefault-for-test",
    "the key is computed by a call that may do something",
    """
    def f(k):
        d = {}
        if k() not in d:
            d[k()] = []
        d[k()].append(1)
    """,
)

fits(
    "one-startswith",
    """
    def f(word: str):
        one = word.startswith("a") or word.startswith(("b", "ab")) or not word
        return one, not word.endswith("a") and not word.endswith("b")
    """,
    """
    def f(word: str):
        one = word.startswith(("a", "b", "ab")) or not word
        return one, not word.endswith(("a", "b"))
    """,
    WORDS,
)
leaves(
    "one-startswith", "different words", 'def f(a, b):\n    return a.startswith("x") or b.startswith("y")\n'
)
leaves("one-startswith", "both must hold", 'def f(a):\n    return a.startswith("x") and a.startswith("y")\n')
leaves(
    "one-startswith",
    "the argument is no literal",
    "def f(a, b, c):\n    return a.startswith(b) or a.startswith(c)\n",
)
leaves(
    "one-startswith",
    "the object is computed twice",
    'def f(a):\n    return a().startswith("x") or a().startswith("y")\n',
)

fits(
    "one-isinstance",
    """
    def f(x):
        return isinstance(x, int) or isinstance(x, str)
    """,
    """
    def f(x):
        return isinstance(x, (int, str))
    """,
    st.one_of(NUMBERS, WORDS, LISTS),
)
leaves(
    "one-isinstance",
    "different objects",
    "def f(x, y):\n    return isinstance(x, int) or isinstance(y, str)\n",
)
leaves(
    "one-isinstance",
    "`isinstance` is taken",
    "def f(x, isinstance):\n    return isinstance(x, int) or isinstance(x, str)\n",
)

fits(
    "fstring-for-format",
    """
    def f(word: str, n: int):
        return "{}: {!r} {:03d}".format(word, word, n), '{0}{{}}{last}'.format(word[1:], last=n)
    """,
    """
    def f(word: str, n: int):
        return f"{word}: {word!r} {n:03d}", '{0}{{}}{last}'.format(word[1:], last=n)
    """,
    WORDS,
    NUMBERS,
)
leaves("fstring-for-format", "an argument is used twice", 'def f(a):\n    return "{0}{0}".format(a)\n')
leaves("fstring-for-format", "an argument is never used", 'def f(a, b):\n    return "{}".format(a, b())\n')
leaves("fstring-for-format", "the field looks inside", 'def f(a):\n    return "{0.name}".format(a)\n')
leaves("fstring-for-format", "the argument holds quotes", 'def f(a):\n    return "{}".format(a["x"])\n')

fits(
    "join-for-growth",
    """
    def f(words: list[str]):
        out = ""
        for word in words:
            out += word + "\\n"
        return out
    """,
    """
    def f(words: list[str]):
        out_parts = []
        for word in words:
            out_parts.append(word + "\\n")
        out = "".join(out_parts)
        return out
    """,
    LISTS,
)
leaves(
    "join-for-growth",
    "what is added may be no string",
    """
    def f(xs):
        out = ""
        for x in xs:
            out += x
        return out
    """,
)
leaves(
    "join-for-growth",
    "the loop looks at it",
    """
    def f(xs: list[str]):
        out = ""
        for x in xs:
            out += x
            if len(out) > 3:
                return out
        return out
    """,
)
leaves(
    "join-for-growth",
    "a handler looks at it",
    """
    def f(xs: list[str]):
        try:
            out = ""
            for x in xs:
                out += x
        except Exception:
            print(out)
    """,
)

fits(
    "display-for-constructor",
    "def f():\n    return dict(), list(), tuple()\n",
    "def f():\n    return {}, [], ()\n",
)
leaves("display-for-constructor", "`dict` is taken", "from x import dict\ndef f():\n    return dict()\n")
leaves("display-for-constructor", "it has arguments", "def f(x):\n    return dict(x)\n")

fits(
    "multiply-for-square",
    "def f(n: int):\n    return n ** 2 + (n**2)\n",
    "def f(n: int):\n    return n * n + (n * n)\n",
    NUMBERS,
)
leaves("multiply-for-square", "a float overflows otherwise", "def f(n: float):\n    return n ** 2\n")
leaves("multiply-for-square", "it is computed twice", "def f(n):\n    return len(n) ** 2\n")
