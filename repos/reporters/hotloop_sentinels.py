"""Tests of ours among the tests: some must fail and some must pass. Python 3.9+, no dependencies.

Their names and places are drawn outside the sandbox for each run. A run in which one that
must fail did not, or in which one is missing, says nothing about the other tests.
"""

import unittest

BODIES = ("assert not {word!r}, {word!r}", "raise AssertionError({word!r})", "raise ValueError({word!r})")
FUNCTION = "def {name}():\n    {body}\n"
METHOD = "def {name}(self):\n    {body}\n"
CHECK = "self.assertEqual({word!r}, None)"


def function(sentinel, path):
    """A plain test function, as if it stood in the file `path`."""
    return made(FUNCTION, sentinel, BODIES[len(sentinel["word"]) % len(BODIES)], path)


def case(sentinel, path, module):
    """A `TestCase` with one test method, as if it stood in the file `path` of `module`."""
    method = made(METHOD, sentinel, CHECK, path)
    name = "".join(part.title() for part in sentinel["name"].split("_"))
    return type(name, (unittest.TestCase,), {sentinel["name"]: method, "__module__": module})


def made(template, sentinel, failing, path):
    body = failing.format(word=sentinel["word"]) if sentinel["fails"] else "pass"
    namespace = {}
    exec(compile(template.format(name=sentinel["name"], body=body), path, "exec"), namespace)
    return namespace[sentinel["name"]]


def slots(count, place, allowed):
    """The allowed slot (0 to `count`, before which to insert) nearest to `place`, a share of the whole."""
    return min(
        (slot for slot in range(count + 1) if allowed(slot)), key=lambda slot: abs(slot - place * count)
    )
