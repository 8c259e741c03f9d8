"""Environments that are kept, who uses them, and which a rule lets go."""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path

import pytest

from hotloop.sandboxes import owners, uses
from hotloop.sandboxes.base import Environment, EnvironmentSpec
from hotloop.sandboxes.errors import SandboxError
from hotloop.sandboxes.local import LocalBackend
from hotloop.sandboxes.stored import StoredEnvironment, beyond_rule, stored_environments
from hotloop.sandboxes.uses import Use, note_use, uses_of

DEAD = f"{owners.token().rpartition('-')[0]}-1"
DAY = 86_400.0


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def nothing() -> None:
    return None


def stored(name: str, *, size: int = 10, days: float = 0.0, owner: str = DEAD) -> StoredEnvironment:
    """One that was last used so many days ago, a year after the epoch."""
    used = Use("run", (365 - days) * DAY, owner)
    return StoredEnvironment("local", name, "3.11", size, 0.0, (used,), nothing)


beyond = partial(beyond_rule, age=30 * DAY, size=100, now=365 * DAY)


def names(found: list[StoredEnvironment]) -> list[str]:
    return [one.name for one in found]


def test_what_was_not_used_for_long_goes() -> None:
    assert names(beyond([stored("new"), stored("old", days=31), stored("older", days=40)])) == [
        "older",
        "old",
    ]


def test_the_longest_unused_go_while_all_take_too_much() -> None:
    found = [stored("a", size=60, days=1), stored("b", size=30, days=3), stored("c", size=50, days=2)]
    assert names(beyond(found)) == ["b", "c"]
    assert names(beyond(found[:2])) == []


def test_what_a_live_process_uses_never_goes() -> None:
    busy = stored("busy", size=1000, days=300, owner=owners.token())
    elsewhere = stored("elsewhere", size=1000, days=300, owner="of another machine")
    assert names(beyond([busy, elsewhere, stored("idle", days=300)])) == ["idle"]


def environment(identity: str) -> Environment:
    return Environment("local", "/bin/python", (3, 11), identity, "")


def test_the_last_uses_are_remembered_and_those_of_live_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    note_use(environment("a" * 64), "live")
    monkeypatch.setattr(owners, "token", lambda: DEAD)
    for number in range(uses.KEPT + 3):
        note_use(environment("a" * 64), f"run {number}")
    found = [use.what for use in uses_of("local", "a" * 64)]
    assert found == ["live", *(f"run {number}" for number in range(3, uses.KEPT + 3))]
    assert uses_of("local", "b" * 64) == []


@pytest.mark.parametrize(
    "text", ["", "[1]", "{}", '[{"what": 1}]', '[{"what": "", "when": [], "owner": ""}]', "\xff"]
)
def test_a_record_of_uses_that_makes_no_sense_says_nothing(text: str, tmp_path: Path) -> None:
    note_use(environment("a" * 64), "run")
    (file,) = (tmp_path / "cache" / "hotloop" / "uses").glob("*.json")
    file.write_text(text, "latin-1")
    assert uses_of("local", "a" * 64) == []


def test_a_real_environment_is_listed_kept_while_in_use_and_made_anew_after_its_removal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("tools", "tree"):
        (tmp_path / name).mkdir()
    backend = LocalBackend(tmp_path / "tools")
    made = backend.prepare(EnvironmentSpec(), tmp_path / "tree", lambda message: None)
    note_use(made, "some run")
    (found,) = stored_environments()
    assert (found.backend, found.name) == ("local", made.identity[:24])
    assert found.python.startswith("{}.{}".format(*made.version))
    assert found.size > 10_000
    assert found.busy
    assert [use.what for use in found.uses] == ["some run"]
    assert time.time() - found.last_used < 600
    with pytest.raises(SandboxError, match="in use"):
        found.remove()
    monkeypatch.setattr(owners, "life_of", lambda token: owners.Life.DEAD)
    found.remove()
    assert stored_environments() == []
    assert uses_of("local", made.identity) == []
    again = backend.prepare(EnvironmentSpec(), tmp_path / "tree", lambda message: None)
    assert os.access(again.python, os.X_OK)
    assert again == made
