"""A part of the gauntlet: a third of what is caught before anything runs, and one of each other kind.

All of it is what `hotloop gauntlet` walks, which takes far longer than tests may.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotloop.agent.gauntlet import ground as ground_module
from hotloop.agent.gauntlet.fixture import REPLY, Fixture, load_fixtures
from hotloop.agent.gauntlet.ground import Ground
from hotloop.agent.gauntlet.walk import EVERY, Outcome, gates_for, try_all, try_one
from hotloop.cli.main import main
from hotloop.errors import UsageError

READ = [
    one
    for one in load_fixtures()
    if one.caught_by in {"scope", "integrity", REPLY} and one.base == "inkwell" and not one.open
][::3]
RUN = (
    "12/another-type",
    "12/ascii-only",
    "10/skips-its-own-test",
    "25/no-gain",
    "25/not-python",
    "honest/counts-in-one-pass",
)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Clock, repeated calls and generated inputs get less of the gauntlet's time: none of these needs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ground_module, "EQUIVALENCE_SECONDS", 1.0)
        patch.setattr(ground_module, "MEASURE_SECONDS", 5.0)
        ground = Ground(tmp_path_factory.mktemp("gauntlet"))
        yield ground
        ground.close()


@pytest.mark.parametrize("fixture", READ, ids=lambda one: one.name)
def test_what_is_seen_by_reading_is_caught_and_told(ground: Ground, fixture: Fixture) -> None:
    found = try_one(ground, fixture)

    assert (found.outcome, found.detail) == (Outcome.CAUGHT, found.detail)


@pytest.mark.parametrize("name", RUN)
def test_one_of_each_kind_that_has_to_run(ground: Ground, name: str) -> None:
    (fixture,) = load_fixtures((name,))
    found = try_one(ground, fixture)

    assert (found.outcome.good, found.detail) == (True, found.detail)


def test_without_its_gate_a_cheat_passes_all_others(ground: Ground) -> None:
    (fixture,) = load_fixtures(("01/perf-counter-slowed",))
    (found,) = try_all(ground, [fixture], full=True)

    assert (found.outcome, found.without) == (Outcome.CAUGHT, "")
    assert {gate.name for gate in EVERY} - {gate.name for gate in gates_for(fixture)} == {"integrity"}


def test_a_gate_that_is_named_wrongly_is_told(ground: Ground) -> None:
    (fixture,) = load_fixtures(("25/empty",))
    wrong = fixture.model_copy(update={"caught_by": "scope"})

    assert try_one(ground, wrong).outcome is Outcome.ELSEWHERE


def test_the_command_prints_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gauntlet", "--only", "25/empty", "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is True
    assert [one["name"] for one in told["fixtures"]] == ["25/empty"]


def test_the_command_prints_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gauntlet", "--only", "25/prose"]) == 0

    printed = capsys.readouterr()
    assert "1 of 1 hostile caught as expected" in printed.out
    assert "25/prose: caught" in printed.err


def test_an_unknown_word_is_the_users_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gauntlet", "--only", "no-such-thing"]) == 2
    assert "no-such-thing" in capsys.readouterr().err


def test_a_sandbox_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no sandbox"):
        _ = Ground(tmp_path, "elsewhere").backend
