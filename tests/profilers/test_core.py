from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from hotloop.profilers import core
from hotloop.profilers.core import reserved_core

HOLD = """
import sys
from pathlib import Path
from hotloop.profilers import core
core.lock_path = lambda _core: Path(sys.argv[1])
with core.reserved_core():
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def own_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lock of the test's own, so that it waits for no measurement on this machine."""
    path = tmp_path / "core.lock"
    monkeypatch.setattr(core, "lock_path", lambda _core: path)
    return path


def holder(path: Path) -> subprocess.Popen[bytes]:
    """Another process that holds the core until its stdin ends or it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


def waiting() -> tuple[threading.Thread, threading.Event]:
    """A thread that asks for the core, and what it sets once it has it."""
    had = threading.Event()

    def ask() -> None:
        with reserved_core():
            had.set()

    thread = threading.Thread(target=ask)
    thread.start()
    return thread, had


def test_the_core_is_held_by_one_process_at_a_time(own_lock: Path) -> None:
    with holder(own_lock) as other:
        thread, had = waiting()
        assert not had.wait(0.3)
        other.communicate()
        assert had.wait(30)
        thread.join()


def test_the_core_is_free_again_when_its_holder_is_killed(own_lock: Path) -> None:
    with holder(own_lock) as other:
        other.kill()
        thread, had = waiting()
        assert had.wait(30)
        thread.join()


def test_a_lock_file_that_cannot_be_written_to_serves(own_lock: Path) -> None:
    """As one that another user made does."""
    own_lock.touch(mode=0o444)
    with reserved_core() as number:
        assert number == core.measuring_core() or number not in os.sched_getaffinity(0)
    assert own_lock.stat().st_mode & 0o777 == 0o444


def test_a_link_in_place_of_the_lock_is_not_followed(own_lock: Path, tmp_path: Path) -> None:
    (tmp_path / "target").touch()
    own_lock.symlink_to(tmp_path / "target")
    with pytest.raises(OSError, match=r"symbolic link|Too many levels"), reserved_core():
        pass


def test_who_holds_the_core_stays_off_it_and_comes_back() -> None:
    before = os.sched_getaffinity(0)
    with reserved_core() as number:
        inside = os.sched_getaffinity(0)
    assert os.sched_getaffinity(0) == before
    assert inside == (before - {number} if len(before) > 1 else before)
