"""What `hotloop.sandboxes.base` promises of sandboxes and their commands, on every backend."""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from hotloop.errors import UsageError
from hotloop.sandboxes.base import Backend, Environment, EnvironmentSpec, Limits, Sandbox
from hotloop.sandboxes.errors import SandboxError

BUILDERS = ["local", "bubblewrap", pytest.param("docker", marks=pytest.mark.docker)]
"""Backends that build environments in different ways."""
OFFSPRING = """
import os, subprocess, sys
for _ in range(2):
    subprocess.Popen(["setsid", "sleep", "321"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execvp("sleep", ["sleep", "321"])
    os._exit(0)
"""
COUNT = """
import os
found = [p for p in os.listdir("/proc") if p.isdigit()]
names = []
for p in found:
    try: names.append(open(f"/proc/{p}/cmdline").read())
    except OSError: pass
print(sum("sleep\\0" + "321" in name for name in names))
"""


def python(code: str) -> list[str]:
    return ["python", "-c", code]


def fail_to_build(message: str) -> None:
    raise AssertionError(f"built again: {message}")


def test_a_command_runs_in_the_tree(sandbox: Sandbox) -> None:
    done = sandbox.run(["python", "program.py"])
    assert (done.exit_code, done.stdout, done.stderr) == (0, b"ran\n", b"")
    assert done.ok


def test_another_working_folder_can_be_named(sandbox: Sandbox) -> None:
    assert sandbox.run(["cat", "data.txt"], cwd=sandbox.tree / "package").stdout == b"data"


def test_a_failing_command_is_a_result(sandbox: Sandbox) -> None:
    done = sandbox.run(python("import sys; sys.exit(7)"))
    assert done.exit_code == 7
    assert not done.ok


def test_a_command_that_does_not_exist_is_a_result_that_says_so(sandbox: Sandbox) -> None:
    done = sandbox.run(["no-such-program"])
    assert done.exit_code == 127
    assert "no-such-program" in done.text()


def test_death_by_signal_is_a_negative_exit_code(sandbox: Sandbox) -> None:
    assert sandbox.run(python("import os; os.kill(os.getpid(), 9)")).exit_code == -9
    assert sandbox.run(python("import os; os.abort()")).exit_code == -6


def test_input_reaches_the_command_and_ends(sandbox: Sandbox) -> None:
    data = b"0123456789" * 50_000
    done = sandbox.run(["cat"], stdin=data, limits=Limits(output_bytes=len(data)))
    assert done.stdout == data
    assert sandbox.run(["cat"]).stdout == b""


def test_the_environment_is_scrubbed(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    seen = json.loads(
        sandbox.run(python("import json, os; print(json.dumps(dict(os.environ)))"), env={"GIVEN": "1"}).stdout
    )
    seen.pop("LC_CTYPE", None)
    assert set(seen) == {
        "PATH", "HOME", "TMPDIR", "LANG", "TZ", "PYTHONPYCACHEPREFIX", "PYTHONNOUSERSITE", "GIVEN",
    }  # fmt: skip
    for name in ("HOME", "TMPDIR", "PYTHONPYCACHEPREFIX"):
        assert PurePosixPath(seen[name]).is_relative_to(sandbox.scratch)


def test_home_and_temporary_folder_are_writable(sandbox: Sandbox) -> None:
    code = (
        "import pathlib, tempfile; tempfile.NamedTemporaryFile(); (pathlib.Path.home() / 'f').write_text('x')"
    )
    assert sandbox.run(python(code)).ok


def test_tools_can_be_run_but_not_changed(sandbox: Sandbox) -> None:
    assert sandbox.run(["python", str(sandbox.tools / "hello.py")]).stdout == b"hello from the tools\n"
    assert not sandbox.run(["touch", str(sandbox.tools / "hello.py")]).ok


def test_a_tree_is_read_only_unless_it_is_said_to_be_writable(
    start: Callable[..., Sandbox], make_tree: Callable[..., Path]
) -> None:
    with start(make_tree({"a/b.txt": "1"})) as sandbox:
        assert not sandbox.run(["sh", "-c", "echo 2 > a/b.txt"]).ok
        assert not sandbox.run(["touch", "new"]).ok
    tree = make_tree({"a/b.txt": "1"})
    with start(tree, writable=True) as sandbox:
        assert sandbox.run(["sh", "-c", "echo 2 > a/b.txt && touch a/new"]).ok
        assert sandbox.read(sandbox.tree / "a/b.txt") == b"2\n"
    assert (tree / "a/new").exists()


def test_every_tree_is_seen_at_the_same_path(
    backend: Backend, start: Callable[..., Sandbox], make_tree: Callable[..., Path]
) -> None:
    assert backend.capabilities.same_path
    with start(make_tree({"which": "base"})) as base, start(make_tree({"which": "candidate"})) as candidate:
        assert (base.tree, base.scratch, base.tools) == (candidate.tree, candidate.scratch, candidate.tools)
        assert base.run(["cat", "which"]).stdout == b"base"
        assert candidate.run(["cat", "which"]).stdout == b"candidate"
        facts = python(
            "import os, socket; print(socket.gethostname(), os.getcwd(), sorted(os.environ.items()))"
        )
        assert base.run(facts).stdout == candidate.run(facts).stdout


def test_a_candidate_with_the_size_and_time_of_base_runs_its_own_code(
    start: Callable[..., Sandbox], make_tree: Callable[..., Path]
) -> None:
    printed = []
    for value in "12":
        tree = make_tree({"module.py": f"value = {value}\n"})
        os.utime(tree / "module.py", (1e9, 1e9))
        with start(tree) as sandbox:
            command = python("import module; print(module.value)")
            printed += [sandbox.run(command, env={"PYTHONPATH": "."}).stdout for _ in range(2)]
    assert printed == [b"1\n", b"1\n", b"2\n", b"2\n"]


def test_a_tree_with_git_is_refused(start: Callable[..., Sandbox], make_tree: Callable[..., Path]) -> None:
    with pytest.raises(SandboxError, match=r"\.git"):
        start(make_tree({".git/config": ""}))


def test_past_its_time_the_whole_process_tree_is_killed(sandbox: Sandbox) -> None:
    code = OFFSPRING + "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: pass"
    done = sandbox.run(python(code), limits=Limits(seconds=1.0))
    assert done.timed_out
    assert done.exit_code == -9
    assert not done.ok
    assert sandbox.run(python(COUNT)).stdout == b"0\n"


def test_nothing_of_a_command_outlives_it(sandbox: Sandbox) -> None:
    done = sandbox.run(python(OFFSPRING + "print('done')"))
    assert (done.exit_code, done.stdout) == (0, b"done\n")
    assert sandbox.run(python(COUNT)).stdout == b"0\n"


def test_one_command_can_end_while_another_lives(sandbox: Sandbox) -> None:
    process = sandbox.spawn(["cat"])
    sandbox.run(["true"])
    sandbox.run(["sleep", "60"], limits=Limits(seconds=0.2))
    process.send(b"still here\n")
    assert process.read_line(10.0, 100) == b"still here"
    process.kill()


def test_long_output_loses_its_middle(sandbox: Sandbox) -> None:
    code = "import sys; sys.stdout.write('BEGIN' + 'x' * 5_000_000 + 'END'); sys.stderr.write('short')"
    done = sandbox.run(python(code), limits=Limits(output_bytes=1000))
    assert done.truncated
    assert len(done.stdout) == 1000
    assert done.stdout.startswith(b"BEGINx")
    assert done.stdout.endswith(b"xEND")
    assert done.stderr == b"short"


def test_output_within_its_limit_is_whole(sandbox: Sandbox) -> None:
    done = sandbox.run(python("print('x' * 999)"), limits=Limits(output_bytes=1000))
    assert not done.truncated
    assert done.stdout == b"x" * 999 + b"\n"


def test_too_much_memory_fails_the_command_and_not_the_sandbox(sandbox: Sandbox) -> None:
    done = sandbox.run(python("x = bytearray(400 << 20); print(len(x))"), limits=Limits(memory_mb=128))
    assert not done.ok
    assert done.stdout == b""
    assert not done.timed_out
    assert sandbox.run(python("x = bytearray(400 << 20); print(len(x))")).ok


def test_too_large_a_file_fails_the_command(sandbox: Sandbox) -> None:
    code = "import os, pathlib; (pathlib.Path(os.environ['TMPDIR']) / 'f').write_bytes(bytes(3 << 20))"
    assert not sandbox.run(python(code), limits=Limits(file_mb=1)).ok
    assert sandbox.run(python(code)).ok


def test_too_many_processes_fail_the_command(sandbox: Sandbox, holds: Callable[[str], bool]) -> None:
    code = """
import subprocess
started = []
try:
    for _ in range(60): started.append(subprocess.Popen(["sleep", "30"]))
except OSError: pass
print(len(started))
"""
    if not holds("limits_processes"):
        return
    done = sandbox.run(python(code), limits=Limits(processes=20, seconds=20))
    assert 0 < int(done.stdout) < 60


def test_a_fork_bomb_ends_with_its_time(sandbox: Sandbox, holds: Callable[[str], bool]) -> None:
    if not holds("limits_processes"):
        return
    bomb = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"
    done = sandbox.run(python(bomb), limits=Limits(seconds=1.0, processes=50))
    assert done.timed_out or not done.ok
    assert sandbox.run(["echo", "alive"]).stdout == b"alive\n"


def test_a_command_can_talk_to_itself_over_loopback(sandbox: Sandbox) -> None:
    inside = """
import socket
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname()).close()
print("connected")
"""
    assert sandbox.run(python(inside)).stdout == b"connected\n"


def test_hotloop_cannot_be_imported(sandbox: Sandbox) -> None:
    for module in ("hotloop", "pydantic", "docker"):
        assert "ModuleNotFoundError" in sandbox.run(python(f"import {module}")).text()


def test_pytest_can_be_imported_and_runs_tests(
    start: Callable[..., Sandbox], make_tree: Callable[..., Path]
) -> None:
    with start(make_tree({"test_it.py": "def test_it():\n    assert 1 + 1 == 2\n"})) as sandbox:
        done = sandbox.run(["python", "-m", "pytest", "-q", "-p", "no:cacheprovider"])
        assert "1 passed" in done.text()


def test_pytest_comes_last_on_the_import_path(
    start: Callable[..., Sandbox], make_tree: Callable[..., Path]
) -> None:
    with start(make_tree({"pluggy.py": "own = True\n"})) as sandbox:
        assert sandbox.run(python("import pluggy; print(pluggy.own)")).stdout == b"True\n"


def test_the_environment_says_which_python_it_is(environment: Environment, sandbox: Sandbox) -> None:
    seen = (
        sandbox.run(python("import sys; print(sys.executable, *sys.version_info[:2])"))
        .stdout.decode()
        .split()
    )
    assert (seen[0], (int(seen[1]), int(seen[2]))) == (environment.python, environment.version)
    assert sandbox.run([environment.python, "-c", ""]).ok


def test_the_same_environment_is_found_again(
    backend: Backend, environment: Environment, tmp_path: Path
) -> None:
    assert backend.prepare(EnvironmentSpec(), tmp_path, fail_to_build) == environment


@pytest.mark.parametrize("backend", BUILDERS, indirect=True)
def test_a_command_of_the_environment_that_fails_is_the_users_mistake(
    backend: Backend, tmp_path: Path
) -> None:
    spec = EnvironmentSpec(commands=("echo the reason; exit 3",))
    with pytest.raises(UsageError, match=r"exit 3(.|\n)*the reason"):
        backend.prepare(spec, tmp_path, lambda message: None)


def test_an_old_or_missing_python_is_the_users_mistake(backend: Backend, tmp_path: Path) -> None:
    for wanted in ("3.2", "/no/such/python"):
        with pytest.raises(UsageError):
            backend.prepare(EnvironmentSpec(python=wanted), tmp_path, lambda message: None)


@pytest.mark.parametrize("backend", BUILDERS, indirect=True)
def test_commands_of_the_environment_see_a_copy_of_the_base_tree(
    backend: Backend, prepare: Callable[..., Environment], make_tree: Callable[..., Path]
) -> None:
    unique = {"installed.py": "value = 42\n", "unique": uuid.uuid4().hex}
    base = make_tree(unique)
    code = "import shutil, sysconfig; shutil.copy('installed.py', sysconfig.get_path('purelib'))"
    spec = EnvironmentSpec(commands=(f'python -c "{code}"', "touch left-behind"))
    environment = prepare(spec, base)
    assert not (base / "left-behind").exists()
    with backend.start(environment, make_tree({}), run_id="conformance") as sandbox:
        assert sandbox.run(python("import installed; print(installed.value)")).stdout == b"42\n"
    assert prepare(spec, make_tree(unique), fail_to_build) == environment


@pytest.mark.parametrize("backend", BUILDERS, indirect=True)
def test_commands_of_the_environment_see_only_the_files_named_for_them(
    prepare: Callable[..., Environment], make_tree: Callable[..., Path]
) -> None:
    lock = {"lock": uuid.uuid4().hex}
    spec = EnvironmentSpec(commands=("test -f lock; test ! -e code.py",), files=(PurePosixPath("lock"),))
    made = prepare(spec, make_tree({**lock, "code.py": "1\n"}))
    assert prepare(spec, make_tree({**lock, "code.py": "2\n"}), fail_to_build) == made
    with pytest.raises(UsageError, match=r"code\.py"):
        prepare(replace(spec, commands=("cat code.py",)), make_tree({**lock, "code.py": "1\n"}))


def test_files_of_the_tree_and_the_scratch_folder_can_be_read(sandbox: Sandbox) -> None:
    sandbox.write(sandbox.scratch / "deep/er/file", b"\x00\xff" * 1000)
    assert sandbox.read(sandbox.scratch / "deep/er/file") == b"\x00\xff" * 1000
    assert sandbox.run(["wc", "-c", str(sandbox.scratch / "deep/er/file")]).stdout.startswith(b"2000 ")
    sandbox.write(sandbox.scratch / "deep/er/file", b"less")
    assert sandbox.read(sandbox.scratch / "deep/er/file") == b"less"
    assert sandbox.read(sandbox.tree / "package/data.txt") == b"data"


def test_a_missing_file_is_not_found(sandbox: Sandbox) -> None:
    for root in (sandbox.tree, sandbox.scratch):
        with pytest.raises(FileNotFoundError):
            sandbox.read(root / "nowhere" / "file")


def test_a_file_past_the_limit_is_refused(sandbox: Sandbox) -> None:
    sandbox.write(sandbox.scratch / "file", b"12345")
    assert sandbox.read(sandbox.scratch / "file", limit=5) == b"12345"
    for path in (sandbox.scratch / "file", sandbox.tree / "program.py"):
        with pytest.raises(SandboxError, match="larger than 4"):
            sandbox.read(path, limit=4)


def test_no_link_is_followed_and_no_device_is_read(sandbox: Sandbox) -> None:
    sandbox.write(sandbox.scratch / "links" / "first", b"")
    make = "ln -s /etc/passwd link; ln -s /etc folder; mkfifo fifo; mkdir plain"
    assert sandbox.run(["sh", "-c", make], cwd=sandbox.scratch / "links").ok
    for name in ("link", "folder/passwd", "fifo", "plain"):
        with pytest.raises(SandboxError):
            sandbox.read(sandbox.scratch / "links" / name)
    for name in ("link", "folder/passwd"):
        with pytest.raises(SandboxError):
            sandbox.write(sandbox.scratch / "links" / name, b"x")


def test_a_path_outside_is_refused(sandbox: Sandbox) -> None:
    for path in (PurePosixPath("/etc/passwd"), sandbox.scratch / ".." / "x", sandbox.scratch):
        with pytest.raises(SandboxError):
            sandbox.read(path)
    with pytest.raises(SandboxError):
        sandbox.write(sandbox.tree / "new", b"x")


def test_scratch_folders_are_private_and_go_with_the_sandbox(
    start: Callable[..., Sandbox], make_tree: Callable[..., Path]
) -> None:
    tree = make_tree({})
    with start(tree) as first, start(tree) as second:
        first.write(first.scratch / "mark", b"1")
        assert first.run(
            ["sh", "-c", "mkdir closed && touch closed/f && chmod 0 closed"], cwd=first.scratch
        ).ok
        with pytest.raises(FileNotFoundError):
            second.read(second.scratch / "mark")
    with start(tree) as third, pytest.raises(FileNotFoundError):
        third.read(third.scratch / "mark")


def test_a_closed_sandbox_is_broken_and_closing_twice_is_safe(
    start: Callable[..., Sandbox], make_tree: Callable[..., Path]
) -> None:
    sandbox = start(make_tree({}))
    process = sandbox.spawn(["sleep", "321"])
    sandbox.close()
    sandbox.close()
    process.kill()
    for use in (
        lambda: sandbox.run(["true"]),
        lambda: sandbox.spawn(["true"]),
        lambda: sandbox.read(sandbox.scratch / "x"),
        lambda: sandbox.write(sandbox.scratch / "x", b""),
    ):
        with pytest.raises(SandboxError, match="closed"):
            use()


def test_a_sandbox_serves_several_threads(sandbox: Sandbox) -> None:
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda n: sandbox.run(["echo", str(n)]).stdout, range(8)))
    assert done == [f"{n}\n".encode() for n in range(8)]


def test_the_time_of_a_command_is_its_own(sandbox: Sandbox) -> None:
    begin = time.monotonic()
    done = sandbox.run(["sleep", "0.3"])
    assert 0.3 <= done.seconds <= time.monotonic() - begin


def test_reaping_a_run_that_left_nothing_finds_nothing(backend: Backend) -> None:
    assert backend.reap("never-started") == 0


def test_reaping_removes_the_sandboxes_of_that_run_only(
    backend: Backend, start: Callable[..., Sandbox], make_tree: Callable[..., Path]
) -> None:
    dead, alive = start(make_tree({}), run_id="dead"), start(make_tree({}), run_id="alive")
    assert backend.reap("dead") == 1
    assert backend.reap("dead") == 0
    assert alive.run(["true"]).ok
    alive.close()
    dead.close()
