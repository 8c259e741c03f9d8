"""The command as a user runs it: a process, its two streams and its exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import hotloop

HEAVY = ("langgraph", "openai", "docker", "libcst")
COMMANDS = (
    *("demo", "optimize", "compare", "doctor", "profile", "runs", "show", "resume", "apply", "report"),
    *("clean", "images", "eval"),
)


def hotloop_command(
    *arguments: str, cwd: Path, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HOTLOOP_")}
    return subprocess.run(
        [sys.executable, "-c", "import sys; from hotloop.cli.main import main; sys.exit(main())", *arguments],
        cwd=cwd,
        env=clean | {"PYTHONWARNINGS": "error"} | (env or {}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def assert_refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) == 1
    for word in words:
        assert word in done.stderr


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "code.py").write_text("ANSWER = 42\n")
    return folder


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)], ids=" ".join)
def test_help_imports_no_heavy_library(command: tuple[str, ...], tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from hotloop.cli.main import main\n"
        f"code = main([*{command!r}, '--help'])\n"
        f"found = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "sys.exit(f'imported {found}' if found else code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Usage: hotloop")


def test_optimize_takes_the_flags_of_the_contract(tmp_path: Path) -> None:
    shown = hotloop_command("optimize", "--help", cwd=tmp_path).stdout
    for flag in (
        *("--task", "--workload", "--tests", "--env", "--python", "--rebuild", "--subdir", "--coder"),
        *("--model", "--judge-model", "--turns", "--sandbox", "--rounds", "--candidates", "--max-cost"),
        *("--max-turns", "--max-time", "--min-speedup", "--seed", "--branch", "--out", "--dry-run", "--json"),
    ):
        assert f"\n  {flag}" in shown
    assert "[catalog|model]" in shown
    assert "[auto|bubblewrap|docker|local]" in shown


def test_the_version_is_that_of_the_package(tmp_path: Path) -> None:
    assert hotloop_command("--version", cwd=tmp_path).stdout == f"hotloop, version {hotloop.__version__}\n"


def test_without_a_command_the_help_is_shown(tmp_path: Path) -> None:
    done = hotloop_command(cwd=tmp_path)
    assert done.returncode == 0
    assert all(f"\n  {name} " in done.stdout for name in COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("optimise",), ("optimise",)),
        (("optimize",), ("REPO", "hotloop optimize --help")),
        (("optimize", ".", "--bogus"), ("--bogus",)),
        (("optimize", ".", "--rounds", "many"), ("--rounds", "many")),
        (("optimize", ".", "--max-time", "soon"), ("--max-time", "90s")),
        (("optimize", ".", "--max-cost", "nan"), ("--max-cost", "finite")),
        (("optimize", ".", "--sandbox", "vm"), ("--sandbox", "docker")),
        (("optimize", ".", "--rounds", "0"), ("--rounds", "greater than or equal to 1")),
        (("optimize", ".", "--min-speedup", "0.5"), ("--min-speedup",)),
        (("optimize", ".", "--subdir", "../other"), ("--subdir", "leaves the repository")),
        (("optimize", ".", "--task", "none.toml"), ("none.toml", "--task")),
        (("optimize", "nowhere"), ("No such repository", "nowhere")),
        (("optimize", "ext::sh -c id"), ("ext::",)),
        (("show", "nothing"), ("No such run", "hotloop runs")),
        (("resume", ""), ("No such run",)),
        (("report", "."), ("not a run's folder",)),
    ],
)
def test_a_mistake_gets_one_line_and_exit_code_2(
    project: Path, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    before = sorted(project.rglob("*"))
    assert_refused(hotloop_command(*arguments, cwd=project), *words)
    assert sorted(project.rglob("*")) == before


def test_verbose_shows_the_traceback_of_a_mistake_too(project: Path) -> None:
    for done in (
        hotloop_command("-v", "optimize", "nowhere", cwd=project),
        hotloop_command("optimize", "nowhere", cwd=project, env={"HOTLOOP_DEBUG": "1"}),
    ):
        assert done.returncode == 2
        assert "Traceback" in done.stderr
        assert done.stderr.splitlines()[-1].startswith("error: No such repository")


def test_a_name_with_escape_sequences_does_not_reach_the_terminal(project: Path) -> None:
    done = hotloop_command("optimize", "no\x1b[2Jwhere\nelse", cwd=project)
    assert_refused(done)
    assert "\x1b" not in done.stderr


def test_print_config_says_where_each_value_came_from(project: Path) -> None:
    (project / "hotloop.toml").write_text(
        'rounds = 3\nmax_time = "1h30m"\nenv = ["pip install x"]\nseed = 1\n'
    )
    done = hotloop_command(
        *("optimize", ".", "--seed", "4", "--print-config"),
        cwd=project,
        env={"HOTLOOP_MAX_COST": "2.5", "HOTLOOP_SEED": "3", "HOTLOOP_MODEL": ""},
    )
    assert done.returncode == 0, done.stderr
    rows = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines()}
    assert rows["seed"] == ["4", "flag"]
    assert rows["max_cost"] == ["2.5", "environment"]
    assert rows["rounds"] == ["3", "hotloop.toml"]
    assert rows["max_time"] == ["5400.0", "hotloop.toml"]
    assert rows["env"] == ['["pip', "install", 'x"]', "hotloop.toml"]
    assert rows["model"] == ["unset", "default"]


def test_the_task_file_of_a_bare_repository_is_read_from_its_commit(project: Path) -> None:
    (project / "hotloop.toml").write_text("rounds = 3\n")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *command], cwd=project, check=True)
    bare = project.parent / "bare.git"
    subprocess.run(["git", "clone", "-q", "--bare", project, bare], check=True)
    done = hotloop_command("optimize", str(bare), "--print-config", cwd=project.parent)
    assert "3" in next(line for line in done.stdout.splitlines() if line.startswith("rounds"))
    assert "hotloop.toml" in done.stdout


def test_a_repository_may_not_choose_its_own_sandbox(project: Path) -> None:
    (project / "hotloop.toml").write_text('sandbox = "local"\n')
    done = hotloop_command("optimize", ".", "--print-config", cwd=project)
    assert_refused(done, "sandbox", "--task hotloop.toml")
    named = hotloop_command("optimize", ".", "--task", "hotloop.toml", "--print-config", cwd=project)
    assert named.returncode == 0
    assert '"local"' in named.stdout


def test_runs_where_there_are_none_says_so(tmp_path: Path) -> None:
    done = hotloop_command("runs", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout == ""
    assert "No runs" in done.stderr


def test_a_closed_pipe_is_quiet(tmp_path: Path) -> None:
    program = "import sys; from hotloop.cli.main import main; sys.exit(main(['optimize', '--help']))"
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=tmp_path,
            stdout=pipe,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == b""
