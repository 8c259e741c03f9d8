"""What holds in bubblewrap beyond the common promises, as root and as any other user."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import hotloop
from hotloop.errors import UsageError
from hotloop.sandboxes import bubblewrap_environment
from hotloop.sandboxes.base import Backend, Environment, EnvironmentSpec, Limits, Sandbox
from hotloop.sandboxes.bubblewrap import BubblewrapBackend
from hotloop.sandboxes.errors import SandboxError
from hotloop.sandboxes.inside import seccomp
from hotloop.sandboxes.trees import give_to

pytestmark = pytest.mark.parametrize("backend", ["bubblewrap"], indirect=True)

NOBODY = 65534
SYSTEM_PYTHON = "/usr/bin/python3"
"""Other users cannot be sure to reach the one that runs the tests."""
AS_ANOTHER = """
import json, os, sys
from pathlib import Path
from hotloop.errors import UsageError
from hotloop.sandboxes.base import EnvironmentSpec, Limits
from hotloop.sandboxes.bubblewrap import BubblewrapBackend

root = Path(sys.argv[1])
backend = BubblewrapBackend(root / "tools", root / "state")
try:
    backend.check()
except UsageError as error:
    print(json.dumps({"refused": str(error)}))
    sys.exit()
environment = backend.prepare(EnvironmentSpec(), root / "tree", lambda message: None)
with backend.start(environment, root / "tree", run_id="other", writable=True) as sandbox:
    sandbox.write(sandbox.scratch / "given", b"given")
    status = sandbox.run(["cat", "/proc/self/status"]).stdout.decode()
    process = sandbox.spawn(["python", "-c", "sum(range(3_000_000))"])
    process.wait(30.0, 100)
    fork = "import os\\nfor _ in range(60): os.fork() or os.execvp('sleep', ['sleep', '20'])"
    print(json.dumps({
        "status": dict(line.split(":\\t", 1) for line in status.splitlines() if ":\\t" in line),
        "outside": sandbox.run(["ls", str(root / "state"), "/home", "/root"]).exit_code,
        "given": sandbox.run(["cat", str(sandbox.scratch / "given")]).stdout.decode(),
        "wrote": sandbox.run(["touch", "new", str(sandbox.scratch / "given")]).exit_code,
        "large": sandbox.run(["python", "-c", "bytearray(400 << 20)"], limits=Limits(memory_mb=128)).ok,
        "many": sandbox.run(["python", "-c", fork], limits=Limits(processes=20)).ok,
        "network": sandbox.run(["cat", "/proc/net/route"]).stdout.decode().count("\\n"),
        "signal": sandbox.run(["sh", "-c", "kill -9 $$"]).exit_code,
        "late": sandbox.run(["sleep", "60"], limits=Limits(seconds=0.5)).timed_out,
        "cpu": process.cpu_ns(),
        "supervisor": sandbox.run(["ls", "/proc/1/fd"]).exit_code,
    }))
"""


@pytest.fixture(autouse=True)
def _on_bubblewrap(backend: Backend) -> None:
    """Some tests make their own; the mark above is for those that share one."""


def python(code: str) -> list[str]:
    return ["python", "-c", code]


def quiet(message: str) -> None:
    del message


@pytest.fixture
def as_nobody() -> Iterator[Callable[..., dict[str, object]]]:
    """Run a program as a user without privileges, with what it imports in that user's reach."""
    root = Path(tempfile.mkdtemp(prefix="hotloop-nobody-", dir="/tmp"))
    package = Path(hotloop.__file__).parent
    for name in ("__init__.py", "errors.py"):
        (root / "lib" / "hotloop").mkdir(parents=True, exist_ok=True)
        shutil.copy(package / name, root / "lib" / "hotloop" / name)
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree((package / "sandboxes").resolve(), root / "lib/hotloop/sandboxes", ignore=ignore)
    import packaging  # noqa: PLC0415  (its place is what matters)

    shutil.copytree(Path(packaging.__file__).parent, root / "lib" / "packaging", ignore=ignore)
    for name in ("tools", "tree"):
        (root / name).mkdir()
    if os.getuid() == 0:
        give_to(root, NOBODY, NOBODY)

    def run(code: str, *before: str) -> dict[str, object]:
        done = subprocess.run(
            [*before, SYSTEM_PYTHON, "-c", textwrap.dedent(code), str(root)],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(root / "lib"), "HOME": str(root)},
            **({"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 else {}),
            cwd="/",
            capture_output=True,
            check=True,
            timeout=120,
        )
        found: dict[str, object] = json.loads(done.stdout)
        return found

    yield run
    shutil.rmtree(root)


def test_any_user_gets_the_same_walls_and_limits(as_nobody: Callable[..., dict[str, object]]) -> None:
    found = as_nobody(AS_ANOTHER)
    status = found.pop("status")
    assert "0" not in status["Uid"].split()
    assert {int(status[kind], 16) for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
    assert (status["NoNewPrivs"].strip(), status["Seccomp"].strip()) == ("1", "2")
    assert found.pop("cpu") > 1_000_000
    assert found.pop("outside") != 0
    assert found.pop("supervisor") != 0
    assert found == {
        "given": "given", "wrote": 0, "large": False, "many": False, "network": 1, "signal": -9, "late": True,
    }  # fmt: skip


def test_where_no_user_namespace_may_be_made_the_remedy_is_told(
    as_nobody: Callable[..., dict[str, object]],
) -> None:
    without = ["bwrap", "--unshare-user", "--disable-userns", "--uid", "1000", "--gid", "1000"]
    found = as_nobody(AS_ANOTHER, *without, "--dev-bind", "/", "/", "--")
    assert "bubblewrap does not work here" in found["refused"]
    assert "Allow user namespaces" in found["refused"]


def test_without_bubblewrap_the_remedy_is_told(
    tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="apt-get install bubblewrap"):
        BubblewrapBackend(tools, tmp_path).check()


def test_an_old_bubblewrap_is_refused(tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "bwrap"
    old.write_text("#!/bin/sh\necho bubblewrap 0.4.1\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(UsageError, match=r"bubblewrap 0\.4\.1, and 0\.8 or later"):
        BubblewrapBackend(tools, tmp_path).check()


def test_images_belong_to_docker(backend: Backend, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="docker"):
        backend.prepare(EnvironmentSpec(image="x"), tmp_path, quiet)


def test_temporary_folders_are_new_for_each_command(sandbox: Sandbox) -> None:
    assert sandbox.run(["touch", "/tmp/kept", "/dev/shm/kept"]).ok
    assert not sandbox.run(["ls", "/tmp/kept"]).ok
    assert not sandbox.run(["ls", "/dev/shm/kept"]).ok


def test_the_kernels_machinery_is_out_of_reach_and_threads_are_not(sandbox: Sandbox) -> None:
    code = """
import ctypes, errno, socket, threading
libc = ctypes.CDLL(None, use_errno=True)
for family in (38, 40, 17):
    try: socket.socket(family, socket.SOCK_STREAM); print("family", family)
    except OSError: pass
for number in (250, 298, 321, 425, 272):  # keyctl, perf_event_open, bpf, io_uring_setup, unshare
    if libc.syscall(number, 0, 0, 0, 0, 0) != -1 or ctypes.get_errno() != errno.EPERM: print("call", number)
thread = threading.Thread(target=lambda: print("ran"))
thread.start(); thread.join()
"""
    if os.uname().machine == "x86_64":
        assert sandbox.run(python(code)).stdout == b"ran\n"
    assert sandbox.run(python("import threading; threading.Thread(target=print).start()")).ok


def verdict(machine: str, number: int, argument: int = 0, *, audit: int | None = None) -> int:
    """What the filter answers, by the rules of classic BPF."""
    data = {
        seccomp.AT_NUMBER: number,
        seccomp.AT_ARCH: audit or seccomp.ARCHITECTURES[machine],
        seccomp.AT_FIRST_ARGUMENT: argument,
    }
    instructions, at, accumulator = seccomp.program(machine), 0, 0
    while True:
        code, jt, jf, k = instructions[at]
        if code == seccomp.RETURN:
            return k
        if code == seccomp.LOAD:
            accumulator = data[k]
            at += 1
            continue
        true = accumulator == k if code == seccomp.EQUAL else bool(accumulator & k)
        at += 1 + (jt if true else jf)


@pytest.mark.parametrize("machine", seccomp.ARCHITECTURES)
def test_the_filter_refuses_its_list_and_nothing_else(machine: str) -> None:
    refused, missing = seccomp.REFUSE | 1, seccomp.REFUSE | 38
    named = {*seccomp.REFUSED[machine].values(), *seccomp.REFUSED_ON_BOTH.values()}
    clone, sockets = seccomp.CLONE[machine], seccomp.SOCKET[machine]
    for number in set(range(460)) - {clone, sockets, seccomp.CLONE3}:
        assert verdict(machine, number) == (refused if number in named else seccomp.ALLOW)
    assert verdict(machine, seccomp.CLONE3) == missing
    assert verdict(machine, clone, 0x3D0F00) == seccomp.ALLOW  # what pthread_create asks for
    assert verdict(machine, clone, 0x10000011) == refused
    assert [family for family in range(50) if verdict(machine, sockets, family) == seccomp.ALLOW] == [
        *seccomp.FAMILIES
    ]
    assert verdict(machine, 0, audit=0x40000003) == missing
    if machine == "x86_64":
        assert verdict(machine, seccomp.X32) == missing


def test_the_environment_is_built_inside_and_with_network_only_then(
    backend: Backend, prepare: Callable[..., Environment], make_tree: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "private").write_text("private")
    look = f"! cat {tmp_path}/private /etc/shadow && test $(id -u) != 0 && ! touch /usr/x"
    net = 'readlink /proc/self/ns/net > "$VIRTUAL_ENV/net"'
    environment = prepare(EnvironmentSpec(commands=(look, net)), make_tree({"unique": str(tmp_path)}))
    outside = str(Path("/proc/self/ns/net").readlink())
    folder = Path(environment.python).parent.parent
    assert (folder / "net").read_text().strip() == outside
    with backend.start(environment, make_tree({}), run_id="built") as sandbox:
        assert sandbox.run(["readlink", "/proc/self/ns/net"]).stdout.decode().strip() != outside
        assert not sandbox.run(["touch", str(folder / "net")]).ok


def test_files_written_for_a_command_can_be_changed_by_it(sandbox: Sandbox) -> None:
    sandbox.write(sandbox.scratch / "ours/file", b"1")
    assert sandbox.run(["sh", "-c", "echo 2 > ours/file && touch ours/new"], cwd=sandbox.scratch).ok
    assert sandbox.read(sandbox.scratch / "ours/file") == b"2\n"


def test_an_interpreter_behind_a_link_is_found_inside(
    backend: Backend, make_tree: Callable[..., Path], tmp_path: Path
) -> None:
    link = tmp_path / "python"
    link.symlink_to(sys._base_executable)
    environment = backend.prepare(EnvironmentSpec(python=str(link)), tmp_path, quiet)
    with backend.start(environment, make_tree({}), run_id="link") as sandbox:
        assert sandbox.run([str(link), "-c", "print(1)"]).stdout == b"1\n"


def test_an_interpreter_of_a_virtual_environment_finds_its_packages(
    backend: Backend, make_tree: Callable[..., Path], tmp_path: Path
) -> None:
    own = tmp_path / "own"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(own)], check=True)
    next(own.glob("lib/python3*/site-packages")).joinpath("installed.py").write_text("value = 7\n")
    environment = backend.prepare(EnvironmentSpec(python=str(own / "bin" / "python")), tmp_path, quiet)
    with backend.start(environment, make_tree({}), run_id="venv") as sandbox:
        assert sandbox.run(python("import installed; print(installed.value)")).stdout == b"7\n"


def test_an_interpreter_that_needs_a_whole_home_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "own")], check=True)
    monkeypatch.setenv("HOME", str(tmp_path / "own"))
    with pytest.raises(UsageError, match="no sandbox may see"):
        bubblewrap_environment.shown(str(tmp_path / "own" / "bin" / "python"))


def test_a_sandbox_whose_tree_is_gone_is_broken(
    start: Callable[..., Sandbox], make_tree: Callable[..., Path]
) -> None:
    tree = make_tree({})
    with start(tree) as sandbox:
        tree.rmdir()
        with pytest.raises(SandboxError, match="cannot set the sandbox up"):
            sandbox.run(["true"])


def test_a_limit_of_memory_holds_for_all_processes_together(backend: Backend, sandbox: Sandbox) -> None:
    code = "import os, time\nfor _ in range(3): os.fork()\nx = b'x' * (40 << 20); time.sleep(1)"
    if backend._family and backend._family.limits_memory:
        done = sandbox.run(python(code + "\nos.wait()"), limits=Limits(memory_mb=128))
        assert not done.ok
