"""Calls that two threads make at once, made to take turns at every line.

Runs beside target code: Python 3.9+, no dependencies.
"""

import sys
import threading
import time

import hotloop_calling
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
    found = [[hotloop_canon.digest_of(_result(*ask()), floats_apart)] for ask in asks]
    for _ in range(ROUNDS):
        results = [None] * len(asks)
        prepared = [asks[0]()] * len(asks) if shared else [ask() for ask in asks]
        ready = threading.Barrier(len(asks))

        def play(at, results=results, prepared=prepared, ready=ready):
            ready.wait(SECONDS)
            sys.settrace(_stepping_aside(roots))
            try:
                results[at] = _looked_at(_result(*prepared[at]), floats_apart)
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
            digests.append(result())
    return found


def _looked_at(result, floats_apart):
    """What gives its digest. The body of a generator runs as it is drained, so that is done here and now."""
    if hasattr(type(result), "__next__"):
        digest = hotloop_canon.digest_of(result, floats_apart)
        return lambda: digest
    return lambda: hotloop_canon.digest_of(result, floats_apart)


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


def _result(function, arguments):
    return hotloop_calling.result_of(function, *hotloop_calling.bound(arguments))
