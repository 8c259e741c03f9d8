"""Whether an input that told the sides apart counts: once more in fresh processes.

Where it does not tell them apart there, something that came before it may be at work: a memo
that takes two inputs for one, a table that is not cleared. So the very calls that came before
are made again, and it counts where base does not mind them and the candidate does, each time.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from hotloop.agent.equivalence.calls import Answer, Ask, differ, tells_apart, told
from hotloop.agent.equivalence.players import BATCH, Pair, Players

TIMES = 2
HISTORY_SECONDS = 12.0


def confirmed(players: Players, ask: Ask, *, sure: bool) -> tuple[str, bool]:
    """What is told of it, with its place in the result, and whether it is held against the candidate.

    sure: whether the kind of input is one that the function must be right for.
    """
    history = _before(ask, players.history)
    players.begin_anew()
    pair = players.alone(ask, leaves=True)
    if pair is None:
        return f"{ask.label}: base gives another result in a fresh process", False
    known, new = pair
    text = told(ask.label, known, new, ask.steps)
    if not tells_apart(known, new, players.tolerance):
        later = _after(players, ask, history, known)
        if later is None:
            return f"{text}, but only after other calls", False
        text = f"{told(ask.label, known, later, ask.steps)}, after {len(history)} other calls"
    else:
        where = differ(known, new, players.tolerance) if known.said == new.said else None
        text = f"{text}: {where}" if where else text
    return (text, True) if sure else (f"{text}; the workload and the tests give it no such types", False)


def _before(ask: Ask, history: Sequence[Ask]) -> list[Ask]:
    """Calls up to the last one like `ask`."""
    last = max((at for at, one in enumerate(history) if one.key == ask.key), default=0)
    return list(history[:last])


def _after(players: Players, ask: Ask, history: Sequence[Ask], known: Answer) -> Answer | None:
    """The candidate's answer after the same calls, where base gives what it gives without them, each time."""
    end = time.monotonic() + HISTORY_SECONDS
    answer = None
    for _ in range(TIMES):
        pair = _played_after(players, ask, history, end)
        if pair is None or differ(known, pair[0], players.tolerance) is not None:
            return None
        answer = pair[1]
        if not tells_apart(pair[0], answer, players.tolerance):
            return None
    return answer


def _played_after(players: Players, ask: Ask, history: Sequence[Ask], end: float) -> Pair | None:
    """None where a process ended on the way, or there was no time for all of them."""
    players.begin_anew()
    for at in range(0, len(history), BATCH):
        if time.monotonic() > end:
            return None
        players.play(history[at : at + BATCH])
    return players.alone(ask, leaves=True) if len(players.history) == len(history) else None
