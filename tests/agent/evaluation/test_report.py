"""Reports from saved folders: what they tell, and which folders they refuse to put together."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from evaluation_folders import make_folder
from evaluation_results import close, comparison, failed, quarantined, rejected, scored
from rich.console import Console

from hotloop.agent.evaluation.page import report_page
from hotloop.agent.evaluation.report import Report, make_report, read_all
from hotloop.errors import UsageError


def report(*folders: Path) -> Report:
    return make_report(read_all(folders))


def shown(found: Report) -> str:
    console = Console(width=200, file=io.StringIO(), record=True)
    console.print(report_page(found))
    return console.export_text()


def figures(found: Report, model: str) -> dict[str, float | None]:
    (summary,) = (one for one in found.models if one.model == model)
    return {one.name: one.value for one in summary.figures}


def test_every_metric_stands_in_the_report(tmp_path: Path) -> None:
    results = [scored(f"t{number}", speedup=1.5 + number / 10, usd=0.5) for number in range(6)]
    found = figures(report(make_folder(tmp_path / "a", *results)), "model")
    assert set(found) == {
        *("against_expert", "swefficiency", "swefficiency_unfloored", "opt_at_1"),
        *("sweperf_apply", "sweperf_correctness", "sweperf_performance"),
        *("fast_1", "fast_1.5", "fast_2", "percent_opt", "eff_at_1", "pass_at_1", "cost_per_speedup"),
    }
    assert None not in found.values()
    assert close(found["cost_per_speedup"], 0.5)


def test_more_attempts_are_told_at_one_and_at_all(tmp_path: Path) -> None:
    results = [scored("a"), rejected("a", attempt=1), rejected("b"), rejected("b", attempt=1)]
    found = figures(report(make_folder(tmp_path / "a", *results)), "model")
    assert found["pass_at_1"] == 0.25
    assert found["pass_at_2"] == 0.5
    assert "opt_at_2" in found


def test_quarantined_and_failed_tasks_are_listed_and_in_no_figure(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "a", scored("a"), quarantined("b"), failed("c"), instances=("d",))
    found = report(folder)
    assert [(one.instance_id, one.reason) for one in found.quarantined] == [
        ("b", "the expert is not faster here")
    ]
    assert [(one.instance_id, one.reason) for one in found.failed] == [("c", "the engine went away")]
    assert found.missing[0].instances == ("d",)
    assert found.models[0].tasks == 1
    assert figures(found, "model")["pass_at_1"] == 1.0
    text = shown(found)
    for words in (
        "1 task, 1 attempt, 2 tasks left out, 1 attempt failed",
        "b: the expert is not faster here",
        "c, attempt 0: the engine went away",
        "model: d",
    ):
        assert words in text


def test_models_are_compared_on_the_tasks_of_both_with_paired_intervals(tmp_path: Path) -> None:
    speedups = (1.2, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)
    slow = [scored(f"t{number}", one, 8.0, model="slow") for number, one in enumerate(speedups)]
    fast = [
        scored(f"t{number}", (1.2 + number / 1000) * one, 8.0, model="fast")
        for number, one in enumerate(speedups)
    ]
    found = report(
        make_folder(tmp_path / "a", *fast, scored("only", model="fast")), make_folder(tmp_path / "b", *slow)
    )
    (one,) = (one for one in found.contrasts if one.name == "against_expert")
    assert (one.first, one.second, one.tasks) == ("fast", "slow", 7)
    # Each task gains nearly the same, so that pairing leaves little open.
    assert one.low is not None
    assert one.high is not None
    assert 1.2 < one.low < one.value < one.high < 1.206
    assert "1.203×" in shown(found)


def test_a_contrast_of_shares_is_a_difference(tmp_path: Path) -> None:
    results = [
        scored("a", model="one"),
        scored("b", model="one"),
        scored("a", model="two"),
        rejected("b", model="two"),
    ]
    found = report(make_folder(tmp_path / "a", *results))
    (one,) = (one for one in found.contrasts if one.name == "pass_at_1")
    assert (one.value, one.low) == (0.5, None)
    assert "+50.0 %" in shown(found)


def test_quarantine_in_one_folder_takes_the_task_from_the_other(tmp_path: Path) -> None:
    first = make_folder(tmp_path / "a", scored("a", model="one"), scored("b", model="one"))
    second = make_folder(tmp_path / "b", quarantined("a", model="two"), scored("b", model="two"))
    assert [one.tasks for one in report(first, second).models] == [1, 1]


def test_the_influence_of_tasks_is_told_with_the_figure_without_them(tmp_path: Path) -> None:
    results = [scored(f"t{number}") for number in range(12)]
    found = report(make_folder(tmp_path / "a", *results, rejected("heavy", expert=500.0)))
    hangs = {one.name: one for one in found.models[0].influence}
    assert hangs["swefficiency"].most[0].task == "heavy"
    assert close(hangs["swefficiency"].rest, 1.0)
    assert len(hangs["swefficiency"].most) == 10
    assert "heavy" in shown(found)


def test_regressions_are_named(tmp_path: Path) -> None:
    worse = scored("slow", speedup=0.5, against=comparison(0.25))
    assert "slow (0.500×)" in shown(report(make_folder(tmp_path / "a", worse)))


def test_what_was_not_kept_is_said_in_place_of_a_figure(tmp_path: Path) -> None:
    found = report(make_folder(tmp_path / "a", scored("a", timings=()), scored("b")))
    (opt,) = (one for one in found.models[0].figures if one.name == "opt_at_1")
    assert opt.value is None
    assert opt.note == "what it needs was not kept for 1 of 2 tasks"
    assert opt.note in shown(found)


def test_folders_of_different_datasets_are_refused(tmp_path: Path) -> None:
    first = make_folder(tmp_path / "a", scored("a"))
    second = make_folder(tmp_path / "b", scored("a", model="two"), sha256="1" * 64)
    with pytest.raises(UsageError, match="are of different datasets"):
        report(first, second)


def test_one_attempt_in_two_folders_is_refused(tmp_path: Path) -> None:
    first, second = make_folder(tmp_path / "a", rejected("a")), make_folder(tmp_path / "b", scored("a"))
    with pytest.raises(UsageError, match="both hold attempt 0 of 'model' at 'a'"):
        report(first, second)


def test_one_folder_named_twice_is_read_once(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "a", scored("a"))
    assert report(folder, tmp_path / "x" / ".." / "a").models[0].tasks == 1


def test_different_machines_are_noted(tmp_path: Path) -> None:
    first = make_folder(tmp_path / "a", scored("a", model="one"))
    second = make_folder(tmp_path / "b", scored("a", model="two"), cpu="b")
    assert report(first, second).notes == ("the folders differ in machine: a, b",)


def test_names_of_models_cannot_act_on_the_terminal(tmp_path: Path) -> None:
    text = shown(report(make_folder(tmp_path / "a", scored("a", model="[red]m\x1b[2Jx"))))
    assert "[red]mx" in text
    assert "\x1b" not in text


def test_a_folder_without_results_has_no_models(tmp_path: Path) -> None:
    found = report(make_folder(tmp_path / "a", instances=("x",)))
    assert found.models == ()
    assert json.loads(found.model_dump_json())["schema_version"] == 1
    assert "1 instance" in shown(found)


def test_a_model_of_which_all_failed_has_no_figures(tmp_path: Path) -> None:
    found = report(make_folder(tmp_path / "a", failed("a"), quarantined("b")))
    assert set(figures(found, "model").values()) == {None}
    assert "no tasks" in shown(found)
