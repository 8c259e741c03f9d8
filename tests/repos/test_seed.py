from __future__ import annotations

import subprocess
from pathlib import Path

from hotloop.repos.seed import commit_folder
from hotloop.repos.source import open_source


def git(place: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=place, check=True, capture_output=True, text=True).stdout


def folder(place: Path) -> Path:
    (place / "pkg" / "__pycache__").mkdir(parents=True)
    (place / "pkg" / "core.py").write_text("x = 1\n")
    (place / "pkg" / "__pycache__" / "core.pyc").write_bytes(b"\0")
    return place


def test_a_folder_becomes_one_clean_commit_that_can_be_opened(tmp_path: Path) -> None:
    made = commit_folder(folder(tmp_path / "from"), tmp_path / "to")

    assert git(made, "ls-files").split() == ["pkg/core.py"]
    assert git(made, "status", "--porcelain") == ""
    assert git(made, "rev-list", "--count", "HEAD").strip() == "1"
    assert git(made, "log", "--format=%an <%ae>").strip() == "Hotloop <hotloop@localhost>"
    assert open_source(made).base == git(made, "rev-parse", "HEAD").strip()


def test_the_folder_itself_stays_as_it_is(tmp_path: Path) -> None:
    source = folder(tmp_path / "from")
    commit_folder(source, tmp_path / "to")

    assert not (source / ".git").exists()
    assert (source / "pkg" / "__pycache__" / "core.pyc").is_file()


def test_what_was_there_before_is_replaced(tmp_path: Path) -> None:
    source = folder(tmp_path / "from")
    commit_folder(source, tmp_path / "to")
    (tmp_path / "to" / "stray.py").write_text("y = 2\n")
    made = commit_folder(source, tmp_path / "to")

    assert git(made, "ls-files").split() == ["pkg/core.py"]
    assert not (made / "stray.py").exists()
