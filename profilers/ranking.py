"""Where an edit is likely to pay: the score that hotspots are ranked by. Pure functions.

Time alone misleads. By own time the callee is found and the caller that asks too
often is not; by total time the first ranks go to wrappers that only pass work on.
The score of a function is the share of the time that an edit *of it* could change:

    own + Σ over callees c:  share(f → c) · hold(calls of c per call of f)  +  redone

- own: time in its own lines with that of the library code which they call.
- share(f → c): time in c when f called it. `hold` says how much of that is f's
  own doing: one call per call is only passed on (PASSED_ON), and the more often
  f asks, the more it is f that could ask less, up to ASKED_OFTEN.
- redone: of its total time, what goes into answering equal questions again, which
  a change in it could keep (REDONE).

A function whose calls grow faster than the input weighs more, up to GROWING as much again:
what is hot at this size is hotter at the next.

Where nobody counted calls, `hold` is UNCOUNTED. A recursive call is no callee.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from hotloop.profilers.profile import FunctionFacts

PASSED_ON = 0.25
ASKED_OFTEN = 0.6
OFTEN = 30.0
"""Calls of a callee per call from which asking counts as asking often."""
UNCOUNTED = 0.4
REDONE = 0.3
FEW_CALLS = 2.0
"""A question that is asked this rarely per call of the workload is not worth keeping."""
GROWING = 0.25
"""For calls that grow with the square of the size; a linear growth is normal."""
SAID = 0.05


@dataclass(frozen=True)
class Costs:
    """Shares of the workload's time. callees: in each when this function called it directly."""

    label: str
    own: float
    total: float
    callees: Mapping[str, float] = field(default_factory=dict)


def score(costs: Costs, facts: Mapping[str, FunctionFacts]) -> float:
    """Share of the time that an edit of the function could change, 0 to about 1.6."""
    asked = sum(share * hold(per_call(costs.label, name, facts)) for name, share in costs.callees.items())
    return (costs.own + asked + redone(costs, facts)) * (1.0 + growing(facts.get(costs.label)))


def growing(mine: FunctionFacts | None) -> float:
    """0 for calls that grow with the input's size or slower, GROWING from its square on."""
    if mine is None or mine.growth is None:
        return 0.0
    return GROWING * min(1.0, max(0.0, mine.growth - 1.0))


def hold(calls: float | None) -> float:
    """How much of a callee's time is its caller's doing, by calls per call; None: not counted.

    Linear in the logarithm from one call to OFTEN calls.
    """
    if calls is None:
        return UNCOUNTED
    position = math.log(max(calls, 1.0)) / math.log(OFTEN)
    return PASSED_ON + (ASKED_OFTEN - PASSED_ON) * min(1.0, position)


def per_call(caller: str, callee: str, facts: Mapping[str, FunctionFacts]) -> float | None:
    """How often one call of `caller` calls `callee`; None where it was not counted."""
    if caller not in facts or callee not in facts or not facts[caller].calls:
        return None
    asked = facts[callee].callers.get(caller)
    return None if asked is None else asked / facts[caller].calls


def redone(costs: Costs, facts: Mapping[str, FunctionFacts]) -> float:
    """Share of the time that goes into questions already answered in the same call of the workload."""
    mine = facts.get(costs.label)
    if mine is None or mine.repeated is None or mine.calls < FEW_CALLS:
        return 0.0
    return REDONE * mine.repeated * costs.total


def reasons(costs: Costs, facts: Mapping[str, FunctionFacts]) -> tuple[str, ...]:
    """What speaks for the function, each in a few words, the strongest first."""
    found: list[tuple[float, str]] = []
    if costs.own >= SAID:
        found.append((costs.own, f"{costs.own:.0%} of the time in its own lines"))
    for name, share in costs.callees.items():
        often = per_call(costs.label, name, facts)
        if share >= SAID and often is not None and often >= OFTEN / 3:
            short = name.rpartition(":")[2]
            found.append((share, f"calls {short} {often:,.0f} times a call, {share:.0%} of the time"))
    repeated = redone(costs, facts) / REDONE
    if repeated >= SAID:
        found.append((repeated, f"asked the same again in {repeated / costs.total:.0%} of its calls"))
    return tuple(text for _, text in sorted(found, reverse=True)[:3])
