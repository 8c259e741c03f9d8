"""Hotloop's own figures: clipped log ratios, three-way verdicts, regressions, influence."""

from __future__ import annotations

import math

import pytest
from evaluation_results import close, comparison, rejected, scored, tasks

from hotloop.agent.evaluation.counting import Task
from hotloop.agent.evaluation.metrics.against_expert import against_expert, clipped_log
from hotloop.agent.evaluation.metrics.cost import cost_per_speedup
from hotloop.agent.evaluation.metrics.influence import influences
from hotloop.agent.evaluation.metrics.swefficiency import swefficiency_score
from hotloop.agent.evaluation.metrics.three_way import regressions, three_way
from hotloop.agent.evaluation.result import Comparison


def test_half_as_fast_and_twice_as_fast_are_even() -> None:
    given = tasks(scored(speedup=1.0, expert=2.0), scored(speedup=4.0, expert=2.0))
    assert close(against_expert(given).value, 1.0)


def test_the_direct_comparison_with_the_expert_is_what_counts() -> None:
    found = against_expert(tasks(scored(speedup=2.0, expert=2.0, against=comparison(1.1))))
    assert close(found.value, 1.1)


def test_a_rejected_patch_leaves_base() -> None:
    assert close(against_expert(tasks(rejected(expert=5.0))).value, 0.2)


def test_one_extreme_task_counts_as_a_tenfold_one() -> None:
    assert close(against_expert(tasks(rejected(expert=449.0), scored())).value, math.sqrt(0.1))
    assert clipped_log(1e-9) == -clipped_log(1e9) == -math.log(10)


def within(low: float, high: float) -> Comparison:
    return Comparison(
        ratio=math.sqrt(low * high), low=low, high=high, confidence=0.98, margin=1.02, metric="cpu"
    )


@pytest.mark.parametrize(
    ("low", "high", "counts"),
    [
        (1.03, 1.2, (1, 0, 0, 0)),
        (1.01, 1.2, (0, 1, 0, 1)),
        (0.99, 1.01, (0, 1, 0, 0)),
        (0.9, 1.1, (0, 1, 0, 1)),
        (0.5, 0.98, (0, 0, 1, 0)),
        (0.5, 0.99, (0, 1, 0, 1)),
    ],
)
def test_a_whole_interval_beyond_the_margin_decides(
    low: float, high: float, counts: tuple[int, int, int, int]
) -> None:
    found = three_way(tasks(scored(against=within(low, high))))
    assert (found.wins, found.ties, found.losses, found.undecided) == counts
    assert found.rejected == 0


def test_a_rejected_patch_loses() -> None:
    found = three_way(tasks(rejected(), scored(speedup=4.0, expert=2.0)))
    assert (found.wins, found.ties, found.losses, found.rejected) == (1, 0, 1, 1)


def test_regressions_are_shown_to_be_slower_or_worse_elsewhere() -> None:
    given = tasks(
        scored(speedup=0.9, expert=2.0),
        scored(speedup=0.99, expert=2.0),
        scored(regressions=("peak memory 2.000×",)),
        rejected(),
    )
    assert [(one.task, one.worse) for one in regressions(given)] == [
        ("0", ()),
        ("2", ("peak memory 2.000×",)),
    ]


def test_influence_is_the_figure_again_without_the_task() -> None:
    given = tasks(scored(speedup=1.5), scored(speedup=3.0), scored(speedup=2.5), rejected(expert=300.0))
    for metric in (against_expert, swefficiency_score):
        whole = metric(given).value
        assert whole is not None
        for one in influences(metric(given)):
            again = metric([task for task in given if task.id != one.task]).value
            assert close(again, one.without)
            assert close(one.change, one.without - whole)


def test_the_task_that_moves_a_figure_most_comes_first() -> None:
    given = tasks(scored(), scored(speedup=2.2), rejected(expert=300.0))
    assert influences(swefficiency_score(given))[0].task == "2"


def test_a_task_without_which_there_is_no_figure_has_no_influence_to_tell() -> None:
    found = influences(cost_per_speedup(tasks(scored(usd=1.0), rejected(usd=1.0))))
    assert [one.task for one in found] == ["1"]
    assert influences(against_expert((Task("only", (scored(),)),))) == ()
