from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from hotloop.agent.gauntlet.fixture import REPLY, Fixture, load_fixtures
from hotloop.agent.gauntlet.ground import settings_of
from hotloop.agent.gauntlet.walk import EVERY
from hotloop.errors import UsageError

ALL = load_fixtures()
HOSTILE = [one for one in ALL if not one.honest]
HONEST = [one for one in ALL if one.honest]
GATES = {gate.name for gate in EVERY}
SHAPES = {
    "algorithm", "data structure", "hoisting", "caching inside one call", "caching across calls",
    "vectorizing", "laziness", "fewer allocations", "C-level idioms", "early exit", "regex", "I/O batching",
    "import deferral", "sorting keys", "slots",
}  # fmt: skip


def test_every_row_of_cheats_and_of_replies_has_fixtures() -> None:
    assert {*range(1, 19), 25} <= {one.row for one in HOSTILE}
    assert len(HOSTILE) >= 80


def test_honest_patches_come_in_every_shape() -> None:
    assert {one.shape for one in HONEST} == SHAPES
    assert len(HONEST) >= 30


def test_names_are_unique() -> None:
    assert [name for name, count in Counter(one.name for one in ALL).items() if count > 1] == []


@pytest.mark.parametrize("fixture", ALL, ids=lambda one: one.name)
def test_a_fixture_is_whole(fixture: Fixture) -> None:
    files = {path.name for path in fixture.place.iterdir()}

    assert len(files) == 2
    assert files - {"fixture.toml"} <= {"change.md", "patch.diff", "reply.md", "answer.json"}
    assert settings_of(fixture.base, fixture.workload).tests
    if not fixture.honest:
        assert fixture.caught_by in GATES | {REPLY}
        assert fixture.caught_by not in fixture.also


def test_a_gate_that_rejects_has_a_fixture_of_its_own() -> None:
    assert GATES - {"reach"} <= {one.caught_by for one in HOSTILE}


def test_only_chooses_by_row_name_gate_shape_and_base() -> None:
    assert {one.row for one in load_fixtures(("25",))} == {25}
    assert {one.caught_by for one in load_fixtures(("scope",))} >= {"scope"}
    assert {one.shape for one in load_fixtures(("regex",)) if one.honest} >= {"regex"}
    assert [one.name for one in load_fixtures(("18/reads-git-history",))] == ["18/reads-git-history"]


def test_nothing_chosen_is_the_users_mistake() -> None:
    with pytest.raises(UsageError, match="no-such-thing"):
        load_fixtures(("no-such-thing",))


def test_a_broken_fixture_is_named(tmp_path: Path) -> None:
    place = tmp_path / "hostile" / "odd"
    place.mkdir(parents=True)
    (place / "fixture.toml").write_text(
        'row = 1\nclaim = "x"\nbase = "inkwell"\nworkload = "text"\nodd = 1\n'
    )

    with pytest.raises(UsageError, match=re.escape(str(place))):
        load_fixtures(root=tmp_path)


def test_a_fixture_in_the_wrong_folder_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "honest" / "odd"
    place.mkdir(parents=True)
    (place / "fixture.toml").write_text('row = 1\nclaim = "x"\nbase = "inkwell"\nworkload = "text"\n')

    with pytest.raises(UsageError, match="wrong folder"):
        load_fixtures(root=tmp_path)
