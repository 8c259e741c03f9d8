"""`hotloop clean` and `hotloop images` as a user calls them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from hotloop.cli.retention import amount, rule_of
from hotloop.errors import UsageError

DAY = 86_400.0


def hotloop(place: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Without an engine, and with folders of its own."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HOTLOOP_")}
    own = {"XDG_CACHE_HOME": str(place / "cache"), "XDG_STATE_HOME": str(place / "state")}
    (place / "temporary").mkdir(exist_ok=True)
    engine = {"DOCKER_HOST": "unix:///nowhere/docker.sock", "TMPDIR": str(place / "temporary")}
    return subprocess.run(
        [sys.executable, "-c", "import sys; from hotloop.cli.main import main; sys.exit(main())", *arguments],
        cwd=place,
        env=clean | own | engine | {"PYTHONWARNINGS": "error"} | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def said(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture
def old_run(tmp_path: Path) -> Path:
    folder = tmp_path / ".hotloop" / "runs" / "20200102-030405-abcdef"
    folder.mkdir(parents=True)
    (folder / "plan.json").write_text("x" * 10_000)
    os.utime(folder / "plan.json", (time.time() - 40 * DAY,) * 2)
    return folder


def test_old_runs_go_only_when_asked_for_and_a_second_time_there_is_nothing(
    tmp_path: Path, old_run: Path
) -> None:
    def of_this_folder(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
        return [row for row in said(done)["removed"] if row["kind"] == "run"]

    assert of_this_folder(hotloop(tmp_path, "clean", "--dry-run", "--json")) == []
    (row,) = of_this_folder(hotloop(tmp_path, "clean", "--runs", "--dry-run", "--json"))
    assert row == {"kind": "run", "name": str(old_run), "bytes": row["bytes"]}
    assert row["bytes"] >= 10_000
    assert old_run.is_dir()
    done = hotloop(tmp_path, "clean", "--runs")
    assert f"removed run {old_run} (" in done.stdout
    assert "No Docker engine answers" in done.stderr
    assert not old_run.exists()
    assert of_this_folder(hotloop(tmp_path, "clean", "--runs", "--json")) == []


def test_what_cannot_be_removed_is_said_and_the_exit_code_is_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from hotloop.agent.cleaning import Cleaning  # noqa: PLC0415  (as the command loads it)
    from hotloop.cli.clean import show  # noqa: PLC0415
    from hotloop.sandboxes.leftovers import Leftover  # noqa: PLC0415
    from hotloop.sandboxes.owners import Life  # noqa: PLC0415

    one = Leftover("container", "c \x1b[2J of run", 2048, Life.DEAD, lambda: None)
    other = Leftover("container", "d", 0, Life.ELSEWHERE, lambda: None)
    assert (
        show(Cleaning(found=[one], spared=[other], failed=[(one, "busy")]), dry_run=False, as_json=False) == 1
    )
    printed = capsys.readouterr()
    assert "removed 1 thing, 2.0 KiB" in printed.out
    assert "left alone container d: made elsewhere" in printed.out
    assert "busy" in printed.err
    assert "\x1b" not in printed.out + printed.err


def test_the_rule_is_shown_with_where_it_came_from(tmp_path: Path) -> None:
    done = hotloop(tmp_path, "clean", "--older-than", "12h", "--print-config", HOTLOOP_KEEP_SIZE="5GB")
    rows = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines()}
    assert rows == {"keep_age": ["43200", "flag"], "keep_size": ["5000000000", "environment"]}
    shown = said(hotloop(tmp_path, "clean", "--print-config", "--json"))
    assert shown["keep_age"] == {"value": 30 * DAY, "origin": "default"}


def test_no_file_of_a_repository_says_what_is_removed(tmp_path: Path, old_run: Path) -> None:
    (tmp_path / "hotloop.toml").write_text("keep_age = 0\n")
    os.utime(old_run / "plan.json")
    assert said(hotloop(tmp_path, "clean", "--runs", "--json"))["removed"] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [("500", 500), ("2k", 2e3), ("1.5GB", 1.5e9), ("20 GB", None), ("-1", None), ("GB", None)],
)
def test_sizes_are_read_as_people_write_them(text: str, found: float | None) -> None:
    if found is None:
        with pytest.raises(UsageError, match="HOTLOOP_KEEP_SIZE"):
            rule_of({}, {"HOTLOOP_KEEP_SIZE": text})
    else:
        assert amount(text) == found


def test_an_environment_made_ahead_is_listed_found_by_a_run_and_removed(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / "code.py").write_text("ANSWER = 42\n")
    made = said(hotloop(tmp_path, "images", "build", str(repository), "--sandbox", "local", "--json"))
    (row,) = said(hotloop(tmp_path, "images", "list", "--json"))["environments"]
    assert row["name"] == made["identity"][:24]
    assert row["used_by"] == [str(repository)]
    assert not row["in_use"]
    assert row["bytes"] > 10_000

    again = hotloop(tmp_path, "images", "build", str(repository), "--sandbox", "local")
    assert "making an environment" not in again.stderr
    listed = hotloop(tmp_path, "images", "list")
    assert row["name"] in listed.stdout
    assert "1 environment, " in listed.stdout

    assert said(hotloop(tmp_path, "images", "clean", "--json"))["removed"] == []
    (gone,) = said(hotloop(tmp_path, "images", "clean", "--older-than", "0", "--json"))["removed"]
    assert gone["name"] == row["name"]
    assert "0 environments" in hotloop(tmp_path, "images", "list").stdout
