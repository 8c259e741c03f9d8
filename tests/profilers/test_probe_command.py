"""What a command prints, and whether two trees print the same, in real processes."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import PurePosixPath

import pytest

from hotloop.profilers.command import CommandWorkload, compiled_modules, run_once
from hotloop.profilers.engines.base import BASE, CANDIDATE, SideFailure
from hotloop.profilers.probe_command import agreement_of_command, character_of_command
from hotloop.profilers.workload import WorkloadFailure
from hotloop.sandboxes.base import Sandbox

MakeSandbox = Callable[[dict[str, str]], Sandbox]

COMMAND = CommandWorkload("python main.py", PurePosixPath(), call_timeout=20.0)
RNG = random.Random(1)


@pytest.mark.parametrize(
    ("code", "repeats", "varies", "nothing"),
    [
        ("print(1)", True, False, False),
        ("import os; print(os.environ['HOTLOOP_SEED'])", True, True, False),
        ("import os; print(os.urandom(8))", False, True, False),
        ("pass", True, False, True),
    ],
)
def test_what_a_command_is_like(
    sandbox_of: MakeSandbox, code: str, repeats: bool, varies: bool, nothing: bool
) -> None:
    seen = character_of_command(sandbox_of({"main.py": code}), COMMAND, RNG)
    assert (seen.repeats, seen.varies, seen.nothing) == (repeats, varies, nothing)


def test_a_failing_command_says_its_last_line(sandbox_of: MakeSandbox) -> None:
    with pytest.raises(WorkloadFailure, match="exit status 1: ValueError: no"):
        character_of_command(sandbox_of({"main.py": "raise ValueError('no')"}), COMMAND, RNG)


def test_a_command_that_does_not_end_is_cut_off(sandbox_of: MakeSandbox) -> None:
    with pytest.raises(WorkloadFailure, match=r"no end in 0\.5 s"):
        run_once(sandbox_of({}), CommandWorkload("sleep 60", PurePosixPath(), call_timeout=0.5), seed=1)


@pytest.mark.parametrize(
    ("base", "candidate", "said"),
    [
        ("print(1)", "print(1)", None),
        ("print(1)", "print(2)", "stdout line 1: base gave 1, the candidate 2"),
        ("print(1)", "print(1, end='')", "only base has stdout line 2"),
        ("print(1)", "print(1); exit(4)", "exit status: base gave 0, the candidate 4"),
        ("import os; print(os.urandom(8))", "print(2)", None),
    ],
)
def test_whether_two_trees_agree(
    sandbox_of: MakeSandbox, base: str, candidate: str, said: str | None
) -> None:
    sides = {BASE: sandbox_of({"main.py": base}), CANDIDATE: sandbox_of({"main.py": candidate})}
    found = agreement_of_command(sides, COMMAND, RNG).difference
    assert (found is None) if said is None else (found is not None and said in found.what)


def test_a_hanging_candidate_is_the_candidates_failure(sandbox_of: MakeSandbox) -> None:
    hangs = "import os, time\nif os.path.exists('slow'): time.sleep(60)"
    sides = {BASE: sandbox_of({"main.py": hangs}), CANDIDATE: sandbox_of({"main.py": hangs, "slow": ""})}
    with pytest.raises(SideFailure, match="candidate: run: no end"):
        agreement_of_command(sides, CommandWorkload("python main.py", PurePosixPath(), call_timeout=3.0), RNG)


def test_every_run_starts_in_empty_folders_with_the_bytecode_that_we_made(sandbox_of: MakeSandbox) -> None:
    show = """
import os, pathlib, sys, helper
for name in ("HOME", "TMPDIR"):
    print(name, os.listdir(os.environ[name]))
    pathlib.Path(os.environ[name], "left").mkdir(mode=0o500)
print("compiled", pathlib.Path(helper.__cached__).is_file(), end="")
"""
    sandbox = sandbox_of({"main.py": "import sys; sys.dont_write_bytecode = True\n" + show, "helper.py": ""})
    bare = run_once(sandbox, COMMAND, seed=1)
    warm = sandbox_of({"main.py": show, "helper.py": ""})
    run_once(warm, COMMAND, seed=1)
    packed = compiled_modules(warm, COMMAND)
    ready = run_once(warm, COMMAND, seed=1, bytecode=packed)

    assert bare.stdout == b"HOME []\nTMPDIR []\ncompiled False"
    assert ready.stdout == b"HOME []\nTMPDIR []\ncompiled True"
    assert run_once(sandbox, COMMAND, seed=1, bytecode=packed).stdout == ready.stdout


def test_the_tree_cannot_be_written_to(sandbox_of: MakeSandbox) -> None:
    run = run_once(sandbox_of({}), CommandWorkload("echo x > made", PurePosixPath()), seed=1)
    assert run.exit_code != 0
    assert "Read-only" in run.stderr
