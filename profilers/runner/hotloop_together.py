"""Calls that two threads make at once, made to take turns at every line.

Runs beside target code: Python 3.9+, no dependencies.
"""

import sys
import threading
import time

import hotloop_canon

TURNS = 2000  # lines after which a thread no longer steps aside
ROUNDS = 3
SECONDS = 10.0


def seen(asks, roots, floats_apart, shared=False):
    """asks: functions that prepare one call each, (function, arguments). Of each, the digests it gave.

    shared: all make the first call, with the very same arguments. The first digest of each is of a
    call that nothing ran beside. Empty where a call did not end.
    """
    asks = asks[:1] * len(asks) if shared else asks
    found = [[_digest(_run(*ask()), floats_apart)] for ask in asks]
    for _ in range(ROUNDS):
        results = [None] * len(asks)
        prepared = [asks[0]()] * len(asks) if shared else [ask() for ask in asks]
        ready = threading.Barrier(len(asks))

        def play(at, results=results, prepared=prepared, ready=ready):
            ready.wait(SECONDS)
            sys.settrace(_stepping_aside(roots))
            try:
                results[at] = [_run(*prepared[at])]
            finally:
                sys.settrace(None)

        threads = [threading.Thread(target=play, args=(at,), daemon=True) for at in range(len(asks))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(SECONDS)
        if None in results:
            return []
        for digests, result in zip(found, results):  # noqa: B905 (3.9 has no `strict`)
            digests.append(_digest(result[0], floats_apart))
    return found


def _stepping_aside(roots):
    """For `sys.settrace`: in code of the tree, let the other thread run at every line."""
    left = [TURNS]

    def line(frame, event, argument):
        if event == "line" and left[0] > 0:
            left[0] -= 1
            time.sleep(0.000001)
        return line

    def call(frame, event, argument):
        return line if frame.f_code.co_filename.startswith(roots) else None

    return call


def _run(function, arguments):
    """Result or exception, and the arguments afterwards."""
    positional, named = bound(arguments)
    try:
        return function(*positional, **named), arguments
    except BaseException as error:
        return error, arguments


def _digest(made, floats_apart):
    canon = hotloop_canon.Canon(floats_apart, False, observe=True)
    canon.add(made[0])
    return canon.digest()


def bound(arguments):
    """(how, name, value) as what a function is called with."""
    positional, named = [], {}
    for how, name, value in arguments:
        if how == "p":
            positional.append(value)
        elif how == "*":
            positional.extend(value)
        elif how == "k":
            named[name] = value
        else:
            named.update(value)
    return positional, named
