from __future__ import annotations

from collections.abc import Callable

from hotloop.agent.gates.base import Trial
from hotloop.agent.gates.effects import EffectsGate
from hotloop.agent.gates.replay import ReplayGate

MakeTrial = Callable[..., Trial]

BASE = """\
import threading

def load(path):
    with open(path) as file:
        return [line.rstrip("\\n") for line in file]

def save(lines, path):
    with open(path, "w") as file:
        for line in lines:
            file.write(line + "\\n")
"""
LOAD, SAVE = BASE[BASE.index("    with open(path) as") : BASE.index("\ndef save")], BASE.split("path):\n")[2]
READ_AT_ONCE = "    with open(path) as file:\n        return file.read().splitlines()\n"
BY_A_THREAD = """\
    file = open(path, "w")
    threading.Thread(target=write, args=(lines, file)).start()

def write(lines, file):
    with file:
        file.writelines(line + "\\n" for line in lines)
"""
WORKLOAD = """\
import os
import pathlib
import tempfile
from pkg import core

def workload():
    with tempfile.TemporaryDirectory() as folder:
        core.save(["a", "b"], os.path.join(folder, "new"))
        path = pathlib.Path(folder, "old")
        path.write_text("%s")
        return core.load(path)
"""


def trial(trial_of: MakeTrial, old: str, new: str, text: str) -> Trial:
    assert old in BASE
    return trial_of(BASE, BASE.replace(old, new), files={"bench.py": WORKLOAD % text})


def test_a_temporary_file_holds_again_what_it_held_when_the_call_was_recorded(trial_of: MakeTrial) -> None:
    honest = ReplayGate().check(trial(trial_of, LOAD, READ_AT_ONCE, r"a\nb\n"))
    broken = ReplayGate().check(trial(trial_of, LOAD, READ_AT_ONCE, r"a\x0cb\n"))

    assert honest.passed, honest
    assert honest.facts["calls"] > 0
    assert "load(path=PosixPath('files/" in broken.detail
    assert "base gave ['a\\x0cb'], the candidate gave ['a', 'b']" in broken.detail


def test_what_a_thread_writes_after_the_call_is_found(trial_of: MakeTrial) -> None:
    result = EffectsGate().check(trial(trial_of, SAVE, BY_A_THREAD, r"a\n"))

    assert not result.passed
    assert "save(" in result.detail
    assert "changes threads: base leaves it alone, the candidate leaves 1 running" in result.detail
