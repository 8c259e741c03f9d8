"""Toolboxes, copies of tools and bytecode go when nobody took them for long, and are made again."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from hotloop.sandboxes import toolbox
from hotloop.sandboxes.base import Environment, EnvironmentSpec
from hotloop.sandboxes.errors import SandboxError
from hotloop.sandboxes.local import LocalBackend
from hotloop.sandboxes.shared import unused_shared
from hotloop.sandboxes.trees import readable_copy
from hotloop.sandboxes.uses import note_use

DAY = 86_400.0
VERSION = (3, 11)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "cache" / "hotloop"


@pytest.fixture
def made(cache: Path, tmp_path: Path) -> dict[str, Path]:
    """One of each kind, by its kind."""
    (tmp_path / "tools").mkdir(exist_ok=True)
    (tmp_path / "tools" / "tool.py").write_text("x = 1")
    box = toolbox.build(cache / "toolboxes", VERSION)
    assert box is not None
    folders = {
        "toolbox": box,
        "copy of tools": readable_copy(tmp_path / "tools", cache / "docker" / "shared"),
        "bytecode": cache / "bytecode" / "abc",
    }
    folders["bytecode"].mkdir(parents=True)
    (folders["bytecode"].with_name("abc.lock")).write_text("")
    return folders


def age(folder: Path, days: float) -> None:
    when = time.time() - days * DAY
    os.utime(folder.with_name(f"{folder.name}.lock"), (when, when))


def test_only_what_nobody_took_for_so_long_is_removed(made: dict[str, Path]) -> None:
    for folder in made.values():
        age(folder, 3)
    assert list(unused_shared(4 * DAY)) == []
    found = {one.kind: one for one in unused_shared(2 * DAY)}
    assert {kind: Path(one.name) for kind, one in found.items()} == made
    assert found["toolbox"].size > 100_000
    for one in found.values():
        one.remove()
    assert not any(folder.exists() for folder in made.values())
    assert list(unused_shared(0)) == []


def test_what_was_taken_again_has_been_used(made: dict[str, Path], cache: Path, tmp_path: Path) -> None:
    for folder in made.values():
        age(folder, 3)
    toolbox.build(cache / "toolboxes", VERSION)
    readable_copy(tmp_path / "tools", cache / "docker" / "shared")
    assert [one.kind for one in unused_shared(2 * DAY)] == ["bytecode"]


def test_what_was_removed_is_made_again_whole(made: dict[str, Path], cache: Path, tmp_path: Path) -> None:
    for folder in made.values():
        age(folder, 3)
    for one in unused_shared(2 * DAY):
        one.remove()
    box = toolbox.build(cache / "toolboxes", VERSION)
    assert box is not None
    assert (box / "pytest" / "__init__.py").is_file()
    copied = readable_copy(tmp_path / "tools", cache / "docker" / "shared")
    assert (copied / "tool.py").read_text() == "x = 1"


def test_nothing_goes_while_a_process_uses_an_environment(made: dict[str, Path]) -> None:
    for folder in made.values():
        age(folder, 3)
    found = list(unused_shared(2 * DAY))
    note_use(Environment("local", "/usr/bin/python3", VERSION, "f" * 64, "", ""), "/somewhere")
    assert list(unused_shared(2 * DAY)) == []
    for one in found:
        with pytest.raises(SandboxError, match="in use"):
            one.remove()
    assert all(folder.exists() for folder in made.values())


def test_what_was_just_taken_stays_whatever_the_rule(made: dict[str, Path]) -> None:
    assert list(unused_shared(0)) == []
    assert made["toolbox"].exists()


def test_an_environment_whose_toolbox_was_removed_gets_it_back(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tree").mkdir()
    backend = LocalBackend(tmp_path / "tools")
    before = backend.prepare(EnvironmentSpec(), tmp_path / "tree", print)
    (box,) = (folder for folder in (tmp_path / "cache/hotloop/toolboxes").iterdir() if folder.is_dir())
    age(box, 3)
    (left,) = (one for one in unused_shared(2 * DAY) if one.kind == "toolbox")
    left.remove()
    again = LocalBackend(tmp_path / "tools")
    assert again.prepare(EnvironmentSpec(), tmp_path / "tree", print) == before
    with again.start(before, tmp_path / "tree", run_id="shared") as sandbox:
        assert sandbox.run([before.python, "-c", "import pytest"]).ok
