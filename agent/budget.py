"""What a run may spend, and what is left of it.

Money and turns are reserved before a request is sent, at the most that it can
cost, and settled when its cost is known: the limits hold for requests in flight.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from hotloop.agent.models.base import Usage
from hotloop.agent.models.errors import BudgetSpent
from hotloop.agent.state import Spent


@dataclass(frozen=True)
class BudgetLimits:
    """Dollars, requests and wall-clock seconds; None: no limit."""

    max_cost: float | None = None
    max_turns: int | None = None
    max_time: float | None = None


@dataclass(eq=False)
class Reservation:
    """One request's place in the budget. `usd`: the most it can cost; None: unknown."""

    usd: float | None
    open: bool = True


class Budget:
    """The limits of one run. Safe to use from several threads.

    spent: what earlier processes of this run used (the journal knows), with
    `wall_seconds` the time that they took. clock: monotonic seconds.
    """

    def __init__(
        self,
        limits: BudgetLimits,
        *,
        spent: Spent | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits = limits
        self._clock = clock
        self._begun = clock()
        self._spent = spent or Spent()
        self._flight: list[Reservation] = []
        self._changed = threading.Condition()

    def reserve(self, worst_usd: float | None) -> Reservation:
        """Hold a turn and `worst_usd` dollars (None: unknown, which holds none).

        Waits while it would fit if requests in flight turned out cheaper than
        feared. Raises BudgetSpent when it cannot fit.
        """
        with self._changed:
            while True:
                self._refuse_if_spent()
                worst = worst_usd or 0.0
                if self._fits(self._spent.usd + self._held() + worst):
                    break
                if not self._flight or not self._fits(self._spent.usd + worst):
                    raise BudgetSpent(self._too_dear(worst))
                self._changed.wait(self.seconds_left())
            reservation = Reservation(worst_usd)
            self._flight.append(reservation)
            return reservation

    def settle(self, reservation: Reservation, usd: float | None, usage: Usage | None = None) -> None:
        """The request cost `usd`: what it was charged, or its worst price if nobody knows."""
        tokens = usage or Usage(prompt_tokens=0, completion_tokens=0)
        with self._changed:
            self._close(reservation)
            spent = self._spent
            self._spent = spent.model_copy(
                update={
                    "usd": spent.usd + (usd or 0.0),
                    "turns": spent.turns + 1,
                    "prompt_tokens": spent.prompt_tokens + tokens.prompt_tokens,
                    "completion_tokens": spent.completion_tokens + tokens.completion_tokens,
                }
            )

    def release(self, reservation: Reservation) -> None:
        """The request was never sent."""
        with self._changed:
            self._close(reservation)

    def spent(self) -> Spent:
        """Used so far; requests in flight count at their worst price."""
        with self._changed:
            return self._spent.model_copy(
                update={
                    "usd": self._spent.usd + self._held(),
                    "turns": self._turns(),
                    "wall_seconds": self._elapsed(),
                }
            )

    def seconds_left(self) -> float | None:
        """Seconds until `max_time`, never below 0; None without that limit."""
        limit = self.limits.max_time
        return None if limit is None else max(0.0, limit - self._elapsed())

    def exhausted(self) -> str | None:
        """Why nothing more may be begun, in one line; None while something may."""
        limits = self.limits
        with self._changed:
            usd, turns = self._spent.usd, self._spent.turns
        if self.seconds_left() == 0.0:
            return f"the time limit of {_duration(limits.max_time or 0.0)} is reached"
        if limits.max_turns is not None and turns >= limits.max_turns:
            return f"the limit of {limits.max_turns} requests is reached"
        # A limit of nothing still lets free models run; `reserve` refuses all others.
        if limits.max_cost is not None and usd >= limits.max_cost and usd > 0:
            return f"the cost limit of ${limits.max_cost:.2f} is reached"
        return None

    def left(self) -> str:
        """A paragraph for people and models: what is left of each limit."""
        spent = self.spent()
        parts = [
            _part(self.limits.max_turns, spent.turns, lambda left: f"{left:.0f} requests"),
            _part(self.limits.max_cost, spent.usd, lambda left: f"${left:.2f}"),
            _part(self.limits.max_time, spent.wall_seconds, _duration),
        ]
        known = [part for part in parts if part is not None]
        if not known:
            return f"There is no limit on cost, requests or time; {spent.turns} requests were made so far."
        return f"Left in the budget: {', '.join(known)}."

    def _refuse_if_spent(self) -> None:
        reason = self.exhausted()
        if reason is not None:
            raise BudgetSpent(reason)
        limit = self.limits.max_turns
        if limit is not None and self._turns() >= limit:
            raise BudgetSpent(f"the limit of {limit} requests is reached")

    def _fits(self, usd: float) -> bool:
        return self.limits.max_cost is None or usd <= self.limits.max_cost

    def _too_dear(self, worst: float) -> str:
        limit = self.limits.max_cost or 0.0
        left = max(0.0, limit - self._spent.usd - self._held())
        return f"a request may cost ${worst:.4f} and ${left:.4f} of the limit of ${limit:.2f} is left"

    def _held(self) -> float:
        return sum(reservation.usd or 0.0 for reservation in self._flight)

    def _turns(self) -> int:
        return self._spent.turns + len(self._flight)

    def _elapsed(self) -> float:
        return self._spent.wall_seconds + self._clock() - self._begun

    def _close(self, reservation: Reservation) -> None:
        if not reservation.open:
            raise ValueError("a reservation is settled once")
        reservation.open = False
        self._flight.remove(reservation)
        self._changed.notify_all()


def _part(limit: float | None, used: float, text: Callable[[float], str]) -> str | None:
    return None if limit is None else f"{text(max(0.0, limit - used))} of {text(limit)}"


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
