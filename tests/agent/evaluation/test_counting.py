"""What counts: quarantine, infrastructure failures and attempts."""

from __future__ import annotations

from evaluation_results import failed, quarantined, rejected, scored

from hotloop.agent.evaluation.counting import count
from hotloop.agent.evaluation.metrics.against_expert import against_expert
from hotloop.agent.evaluation.metrics.passk import pass_at_k
from hotloop.agent.evaluation.result import Outcome


def test_what_failed_is_left_out_and_listed_not_a_zero() -> None:
    (found,) = count([scored("a"), failed("b"), quarantined("c")])
    assert [task.id for task in found.tasks] == ["a"]
    assert [(one.id, one.outcome) for one in found.left_out] == [
        ("b", Outcome.INFRASTRUCTURE),
        ("c", Outcome.QUARANTINED),
    ]
    assert against_expert(found.tasks).value == 1.0


def test_a_task_quarantined_once_is_quarantined_for_every_model() -> None:
    found = count([scored("a", model="one"), quarantined("a", model="two"), rejected("b", model="two")])
    assert [one.model for one in found] == ["one", "two"]
    assert found[0].tasks == ()
    assert found[0].left_out[0].reason == "the expert is not faster here"
    assert [task.id for task in found[1].tasks] == ["b"]


def test_an_infrastructure_failure_takes_the_attempt_not_the_task() -> None:
    (found,) = count([failed("a"), scored("a", attempt=1), rejected("a", attempt=2)])
    assert [one.attempt for one in found.tasks[0].attempts] == [1, 2]
    assert found.failed_attempts == 1
    assert found.left_out == ()
    assert pass_at_k(found.tasks, 1).value == 0.5


def test_attempts_are_in_their_order_whatever_order_they_were_scored_in() -> None:
    (found,) = count([scored("a", attempt=2), rejected("a", attempt=0), scored("a", attempt=1)])
    assert [one.attempt for one in found.tasks[0].attempts] == [0, 1, 2]
    assert found.tasks[0].first.outcome is Outcome.REJECTED
