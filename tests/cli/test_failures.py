"""Errors become exit codes in one place, and only those that somebody foresaw."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

import click
import pytest

from hotloop.agent.result import Status
from hotloop.cli.failures import understood
from hotloop.cli.main import COMMANDS, main
from hotloop.cli.output import CODES
from hotloop.cli.where import find_run
from hotloop.errors import InfrastructureError, UsageError


def test_the_user_s_mistake_is_2_with_cause_and_fix() -> None:
    failure = understood(UsageError("No such thing", "Name another"))
    assert failure is not None
    assert (failure.code, failure.message) == (2, "error: No such thing. Name another")


def test_an_infrastructure_failure_is_1_in_one_safe_line() -> None:
    failure = understood(InfrastructureError("docker\x1b[2J died:\nno answer"))
    assert failure is not None
    assert (failure.code, failure.message) == (1, "error: docker died: no answer")


def test_a_bug_is_not_understood() -> None:
    assert understood(ValueError("x")) is None
    assert understood(OSError(errno.EIO, "x")) is None


def test_a_full_disk_is_2_wherever_it_was_met() -> None:
    wrapped = InfrastructureError("cannot write")
    wrapped.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    for error in (OSError(errno.ENOSPC, "full"), OSError(errno.EDQUOT, "quota"), wrapped):
        failure = understood(error)
        assert failure is not None
        assert failure.code == 2
        assert "disk is full" in failure.message


def test_a_full_database_is_a_full_disk(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "state.sqlite")
    connection.execute("PRAGMA max_page_count = 2")
    with pytest.raises(sqlite3.OperationalError) as full:
        connection.execute("CREATE TABLE t AS SELECT hex(randomblob(100000)) AS x")
    connection.close()
    failure = understood(full.value)
    assert failure is not None
    assert failure.code == 2


def test_a_really_full_device_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def write_to_full_device(_folder: Path) -> None:
        with Path("/dev/full").open("w") as full:
            full.write("x")

    monkeypatch.setattr("hotloop.cli.where.run_folders", write_to_full_device)
    assert main(["show", "x"]) == 2
    assert capsys.readouterr().err.startswith("error: The disk is full.")


@pytest.mark.parametrize("error", [KeyboardInterrupt, click.Abort])
def test_an_interrupt_is_130(monkeypatch: pytest.MonkeyPatch, error: type[BaseException]) -> None:
    def interrupted(_folder: Path) -> None:
        raise error

    monkeypatch.setattr("hotloop.cli.where.run_folders", interrupted)
    assert main(["show", "x"]) == 130


def test_a_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_folder: Path) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("hotloop.cli.where.run_folders", broken)
    with pytest.raises(ZeroDivisionError):
        main(["show", "x"])


def test_every_status_has_its_exit_code() -> None:
    assert {status: CODES[status] for status in Status} == {
        Status.IMPROVED: 0,
        Status.NO_IMPROVEMENT: 3,
        Status.STOPPED: 4,
        Status.FAILED: 1,
    }


def test_the_group_s_list_names_modules_that_exist() -> None:
    folder = Path(str(__import__("hotloop.cli", fromlist=["cli"]).__path__[0]))
    assert all((folder / f"{name}.py").is_file() for name in COMMANDS)


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    for name in ("20260101-000000-aaaaaa", "20260101-000000-aaaaaabb", "20260102-000000-bbbbbb"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "plan.json").touch()
    return tmp_path


def test_a_run_is_found_by_the_start_of_its_id_or_by_its_folder(runs: Path) -> None:
    wanted = (runs / "20260102-000000-bbbbbb").resolve()
    assert find_run("20260102", runs) == wanted
    assert find_run(str(wanted)) == wanted


def test_an_exact_id_wins_over_a_longer_one(runs: Path) -> None:
    assert find_run("20260101-000000-aaaaaa", runs).name == "20260101-000000-aaaaaa"


def test_an_ambiguous_start_is_refused_with_the_choices(runs: Path) -> None:
    with pytest.raises(UsageError, match="20260101-000000-aaaaaabb"):
        find_run("20260101", runs)


@pytest.mark.parametrize("named", ["", "zzz", "../20260101-000000-aaaaaa"])
def test_what_names_no_run_is_refused(runs: Path, named: str) -> None:
    with pytest.raises(UsageError, match="No such run"):
        find_run(named, runs)
