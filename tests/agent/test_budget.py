from __future__ import annotations

import threading

import pytest

from hotloop.agent.budget import Budget, BudgetLimits
from hotloop.agent.models.base import Usage
from hotloop.agent.models.errors import BudgetSpent
from hotloop.agent.state import Spent


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_without_limits_anything_fits() -> None:
    budget = Budget(BudgetLimits())
    for _ in range(100):
        budget.settle(budget.reserve(1e6), 1e6)
    assert budget.exhausted() is None
    assert budget.seconds_left() is None


def test_a_request_that_could_pass_the_cost_limit_is_refused_before_it_is_sent() -> None:
    budget = Budget(BudgetLimits(max_cost=1.0))
    budget.settle(budget.reserve(0.6), 0.6)
    with pytest.raises(BudgetSpent, match=r"may cost \$0.6000 and \$0.4000"):
        budget.reserve(0.6)
    budget.settle(budget.reserve(0.4), 0.4)
    assert budget.exhausted() == "the cost limit of $1.00 is reached"


def test_what_a_request_did_not_cost_is_free_again() -> None:
    budget = Budget(BudgetLimits(max_cost=1.0))
    for _ in range(5):
        budget.settle(budget.reserve(0.9), 0.01)
    assert budget.spent().usd == pytest.approx(0.05)


def test_requests_in_flight_count_at_their_worst_price() -> None:
    budget = Budget(BudgetLimits(max_cost=1.0))
    budget.reserve(0.7)
    assert budget.spent().usd == 0.7
    assert budget.spent().turns == 1


def test_a_request_waits_for_one_in_flight_that_may_leave_room_for_it() -> None:
    budget = Budget(BudgetLimits(max_cost=1.0))
    first = budget.reserve(0.7)
    reserved = threading.Event()

    def second() -> None:
        budget.reserve(0.7)
        reserved.set()

    thread = threading.Thread(target=second)
    thread.start()
    assert not reserved.wait(0.1)
    budget.settle(first, 0.1)
    thread.join(10)
    assert reserved.is_set()


def test_a_request_that_waited_in_vain_is_refused() -> None:
    budget = Budget(BudgetLimits(max_cost=1.0))
    first = budget.reserve(0.7)
    refused: list[BudgetSpent] = []

    def second() -> None:
        try:
            budget.reserve(0.7)
        except BudgetSpent as error:
            refused.append(error)

    thread = threading.Thread(target=second)
    thread.start()
    budget.settle(first, 0.7)
    thread.join(10)
    assert len(refused) == 1


def test_many_threads_never_pass_the_limits_together() -> None:
    budget = Budget(BudgetLimits(max_cost=2.0, max_turns=15))
    sent: list[float] = []

    def spend() -> None:
        try:
            while True:
                reservation = budget.reserve(0.1)
                sent.append(0.1)
                budget.settle(reservation, 0.1)
        except BudgetSpent:
            return

    threads = [threading.Thread(target=spend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(sent) == 15
    assert budget.spent().turns == 15


def test_turns_are_counted_when_reserved_and_given_back_when_nothing_was_sent() -> None:
    budget = Budget(BudgetLimits(max_turns=1))
    reservation = budget.reserve(0.0)
    with pytest.raises(BudgetSpent, match="limit of 1 requests"):
        budget.reserve(0.0)
    budget.release(reservation)
    budget.settle(budget.reserve(0.0), 0.0)
    assert budget.exhausted() == "the limit of 1 requests is reached"


def test_no_turns_at_all_is_a_limit_too() -> None:
    with pytest.raises(BudgetSpent):
        Budget(BudgetLimits(max_turns=0)).reserve(0.0)


def test_a_cost_limit_of_nothing_lets_free_models_run_and_no_others() -> None:
    budget = Budget(BudgetLimits(max_cost=0.0))
    budget.settle(budget.reserve(0.0), 0.0)
    assert budget.exhausted() is None
    with pytest.raises(BudgetSpent):
        budget.reserve(0.01)


def test_the_time_limit_holds_over_all_processes_of_a_run() -> None:
    clock = Clock()
    budget = Budget(BudgetLimits(max_time=60.0), spent=Spent(wall_seconds=50.0), clock=clock)
    assert budget.seconds_left() == 10.0
    assert budget.exhausted() is None
    clock.now += 10.0
    assert budget.exhausted() == "the time limit of 60 s is reached"
    with pytest.raises(BudgetSpent, match="time limit"):
        budget.reserve(0.0)


def test_a_resumed_run_goes_on_from_what_was_spent() -> None:
    spent = Spent(usd=0.9, turns=4, prompt_tokens=10, completion_tokens=5, sandbox_seconds=3.0)
    budget = Budget(BudgetLimits(max_cost=1.0), spent=spent, clock=Clock())
    budget.settle(budget.reserve(0.1), 0.05, Usage(prompt_tokens=2, completion_tokens=1))
    after = budget.spent()
    assert (after.turns, after.prompt_tokens, after.completion_tokens) == (5, 12, 6)
    assert after.usd == pytest.approx(0.95)
    assert after.sandbox_seconds == 3.0


def test_what_is_left_is_said_of_every_limit() -> None:
    clock = Clock()
    budget = Budget(BudgetLimits(max_cost=2.0, max_turns=10, max_time=600.0), clock=clock)
    budget.settle(budget.reserve(0.5), 0.5)
    clock.now += 120.0
    assert budget.left() == "Left in the budget: 9 requests of 10 requests, $1.50 of $2.00, 8 min of 10 min."


def test_a_run_without_limits_says_so() -> None:
    assert Budget(BudgetLimits()).left().startswith("There is no limit")


def test_a_reservation_cannot_be_settled_twice() -> None:
    budget = Budget(BudgetLimits())
    reservation = budget.reserve(0.1)
    budget.settle(reservation, 0.1)
    with pytest.raises(ValueError, match="once"):
        budget.release(reservation)
    assert budget.spent().turns == 1
