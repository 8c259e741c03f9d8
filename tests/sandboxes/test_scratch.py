"""A scratch folder of limited size holds no more, and goes with what it belongs to."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from hotloop.sandboxes import overlay
from hotloop.sandboxes.base import EnvironmentSpec
from hotloop.sandboxes.bubblewrap import BubblewrapBackend
from hotloop.sandboxes.scratch import bound, can_bound
from hotloop.sandboxes.trees import remove_tree

MIB = 1 << 20


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    if not can_bound(tmp_path):
        pytest.skip("only root may mount")
    (tmp_path / "scratch").mkdir()
    return tmp_path / "scratch"


def mounts_below(folder: Path) -> int:
    return Path("/proc/self/mountinfo").read_text().count(f" {folder}")


def test_it_holds_what_it_may_and_no_more(folder: Path) -> None:
    bound(folder, 2 * MIB)
    (folder / "fits").write_bytes(bytes(MIB))
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        (folder / "too-much").write_bytes(bytes(2 * MIB))
    assert mounts_below(folder) == 1
    remove_tree(folder)
    assert not folder.exists()
    assert mounts_below(folder) == 0


def test_trying_leaves_nothing(folder: Path) -> None:
    before = sorted(folder.parent.iterdir())
    assert can_bound(folder.parent)
    assert sorted(folder.parent.iterdir()) == before


def test_releasing_a_folder_unmounts_what_is_in_it(folder: Path) -> None:
    bound(folder, MIB)
    assert overlay.release(folder.parent) == 1
    assert mounts_below(folder) == 0


def test_without_root_nothing_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert not can_bound(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_sandboxes_files_stay_between_commands_and_are_gone_once_it_is_closed(folder: Path) -> None:
    for name in ("tools", "tree"):
        (folder / name).mkdir()
    backend = BubblewrapBackend(folder / "tools", folder / "state")
    environment = backend.prepare(EnvironmentSpec(), folder / "tree", lambda message: None)
    with backend.start(environment, folder / "tree", run_id="bounded") as sandbox:
        assert sandbox.run(["sh", "-c", "echo kept > $TMPDIR/kept"]).ok
        assert sandbox.run(["sh", "-c", "cat $TMPDIR/kept"]).stdout == b"kept\n"
        assert mounts_below(folder / "state") == 1
    assert mounts_below(folder / "state") == 0
    assert backend.reap("bounded") == 0
