from __future__ import annotations

import pytest

from hotloop.profilers.profile import FunctionFacts
from hotloop.profilers.ranking import (
    ASKED_OFTEN,
    GROWING,
    OFTEN,
    PASSED_ON,
    REDONE,
    UNCOUNTED,
    Costs,
    hold,
    per_call,
    reasons,
    score,
)


def facts(calls: float, **callers: float) -> FunctionFacts:
    return FunctionFacts(calls=calls, callers={f"a.py:{name}": count for name, count in callers.items()})


def costs(name: str, own: float, **callees: float) -> Costs:
    total = own + sum(callees.values())
    return Costs(f"a.py:{name}", own, total, {f"a.py:{callee}": share for callee, share in callees.items()})


def test_a_caller_is_credited_with_more_the_more_often_it_asks() -> None:
    credits = [hold(calls) for calls in (0.5, 1.0, 3.0, 10.0, OFTEN, 1000.0)]

    assert credits == sorted(credits)
    assert credits[0] == credits[1] == PASSED_ON
    assert credits[-2] == credits[-1] == pytest.approx(ASKED_OFTEN)


def test_where_nobody_counted_the_credit_lies_between() -> None:
    assert PASSED_ON < hold(None) == UNCOUNTED < ASKED_OFTEN


def test_a_caller_in_a_loop_stands_above_the_wrapper_around_it() -> None:
    known = {
        "a.py:wrapper": facts(1),
        "a.py:loop": facts(1, wrapper=1),
        "a.py:leaf": facts(500, loop=500),
    }
    wrapper = score(costs("wrapper", 0.0, loop=1.0), known)
    loop = score(costs("loop", 0.02, leaf=0.98), known)
    leaf = score(costs("leaf", 0.98), known)

    assert leaf > loop > wrapper


def test_a_caller_that_asks_of_many_outranks_each_of_those_it_asks() -> None:
    names = [f"part{number}" for number in range(8)]
    known = {"a.py:top": facts(1), **{f"a.py:{name}": facts(100, top=100) for name in names}}
    top = score(Costs("a.py:top", 0.0, 0.96, {f"a.py:{name}": 0.12 for name in names}), known)

    assert top > max(score(costs(name, 0.12), known) for name in names)


def test_equal_questions_count_for_the_function_that_answers_them() -> None:
    once = facts(100)
    again = once.model_copy(update={"repeated": 1.0})
    plain, repeated = (score(costs("f", 0.4), {"a.py:f": one}) for one in (once, again))

    assert repeated == pytest.approx(plain + REDONE * 0.4)


def test_a_question_asked_once_a_call_cannot_be_kept() -> None:
    known = {"a.py:f": facts(1).model_copy(update={"repeated": 1.0})}

    assert score(costs("f", 0.4), known) == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("growth", "factor"), [(None, 1.0), (0.2, 1.0), (1.0, 1.0), (1.5, 1 + GROWING / 2), (4.0, 1 + GROWING)]
)
def test_calls_that_grow_faster_than_the_input_weigh_more(growth: float | None, factor: float) -> None:
    known = {"a.py:f": facts(10).model_copy(update={"growth": growth})}

    assert score(costs("f", 0.4), known) == pytest.approx(0.4 * factor)


def test_calls_per_call_need_both_sides_to_be_counted() -> None:
    known = {"a.py:f": facts(4), "a.py:g": facts(40, f=40), "a.py:h": facts(5)}

    assert per_call("a.py:f", "a.py:g", known) == 10
    assert per_call("a.py:f", "a.py:h", known) is None
    assert per_call("a.py:f", "a.py:nobody", known) is None
    assert per_call("a.py:nobody", "a.py:g", known) is None


def test_reasons_name_the_loop_and_the_equal_questions() -> None:
    known = {
        "a.py:Shop.total": facts(1),
        "a.py:Shop.price": facts(2000, **{"Shop.total": 2000}).model_copy(update={"repeated": 0.9}),
    }
    asking = Costs("a.py:Shop.total", 0.01, 0.9, {"a.py:Shop.price": 0.89})
    (often,) = reasons(asking, known)
    _own, again = reasons(Costs("a.py:Shop.price", 0.89, 0.89), known)

    assert often == "calls Shop.price 2,000 times a call, 89% of the time"
    assert again == "asked the same again in 90% of its calls"


def test_a_function_that_nothing_speaks_for_has_no_reasons() -> None:
    assert reasons(costs("f", 0.01), {}) == ()
