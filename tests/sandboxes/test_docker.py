"""What holds in Docker beyond the common promises."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from threading import Timer

import pytest

from hotloop.errors import UsageError
from hotloop.sandboxes.base import Backend, Environment, EnvironmentSpec, Limits, ProcessEnded, Sandbox
from hotloop.sandboxes.docker_clock import EngineMeter, HostMeter, find_meter
from hotloop.sandboxes.docker_image import base_image
from hotloop.sandboxes.errors import SandboxError
from hotloop.sandboxes.inside import frames
from hotloop.sandboxes.trees import remove_tree

pytestmark = [pytest.mark.docker, pytest.mark.parametrize("backend", ["docker"], indirect=True)]

SECRETS = {
    "PIP_INDEX_URL": "https://user:index-secret@mirror.invalid/simple",
    "HTTPS_PROXY": "http://user:proxy-secret@proxy.invalid",
    "OPENAI_API_KEY": "key-secret",
}


def python(code: str) -> list[str]:
    return ["python", "-c", code]


def status_of(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def quiet(message: str) -> None:
    del message


@pytest.fixture
def engine(backend: Backend) -> object:
    return backend._client


@pytest.fixture
def inspected(sandbox: Sandbox, engine: object) -> dict[str, object]:
    return engine.api.inspect_container(sandbox._container.container_id)


def test_the_container_has_no_way_out(inspected: dict[str, object]) -> None:
    host = inspected["HostConfig"]
    assert host["NetworkMode"] == "none"
    assert host["CapDrop"] == ["ALL"]
    # To begin with: what the supervisor keeps is below, what commands have is the conformance suite's to say.
    assert set(host["CapAdd"]) == {"KILL", "SETGID", "SETUID", "SETPCAP"}
    assert not host["Privileged"]
    assert "no-new-privileges" in host["SecurityOpt"]
    assert host["ReadonlyRootfs"]
    assert host["Memory"] == host["MemorySwap"] == Limits().memory_mb << 20
    assert host["PidsLimit"] > 0
    assert host["NanoCpus"] > 0
    assert host["LogConfig"]["Type"] == "none"


def test_the_supervisor_is_no_root_and_can_only_start_and_end_commands(inspected: dict[str, object]) -> None:
    facts = status_of(inspected["State"]["Pid"])
    assert set(facts["Uid"].split()) == set(facts["Gid"].split()) == {"65534"}
    assert facts["Groups"].split() == []
    assert int(facts["CapPrm"], 16) == int(facts["CapEff"], 16) == 0b1110_0000
    for kind in ("CapInh", "CapAmb", "CapBnd"):
        assert int(facts[kind], 16) == 0
    assert facts["NoNewPrivs"].strip() == "1"
    assert facts["Seccomp"].strip() == "2"


def test_only_the_tree_and_our_own_files_are_mounted(inspected: dict[str, object]) -> None:
    binds = {mount["Destination"]: mount["RW"] for mount in inspected["Mounts"] if mount["Type"] == "bind"}
    assert binds == {
        "/hotloop/tools": False,
        "/hotloop/inside": False,
        "/hotloop/toolbox": False,
    }
    assert not [mount for mount in inspected["Mounts"] if mount["Type"] == "volume"]
    seen = [
        (place, options.split(",")[:3])
        for line in Path(f"/proc/{inspected['State']['Pid']}/mountinfo").read_text().splitlines()
        for place, options in [line.split()[4:6]]
    ]
    trees = [options for place, options in seen if place == "/hotloop/tree"]
    assert trees == [["ro", "nosuid", "nodev"]] * 2  # the place, and what is mounted over it later


def test_memory_filled_with_files_is_a_result_and_the_sandbox_lives_on(sandbox: Sandbox) -> None:
    fill = "f = open('/tmp/fill', 'wb')\nfor _ in range(900): f.write(bytes(1 << 20))"
    assert not sandbox.run(python(fill), limits=Limits(memory_mb=200)).ok
    sandbox.run(["rm", "-f", "/tmp/fill"])
    assert sandbox.run(["sh", "-c", "echo alive > $TMPDIR/x && cat $TMPDIR/x"]).stdout == b"alive\n"


def test_a_container_ended_from_outside_is_no_result_of_its_process_and_is_started_again(
    start: Callable[..., Sandbox], engine: object, tmp_path: Path
) -> None:
    with start(tmp_path) as sandbox:
        process = sandbox.spawn(["cat"])
        engine.api.kill(sandbox._container.container_id)
        with pytest.raises(SandboxError, match="supervisor"):
            process.read_line(10.0, 100)
        with pytest.raises(SandboxError, match="clock"):
            process.cpu_ns()
        assert sandbox.run(["echo", "alive"]).stdout == b"alive\n"


REACH = """
import ctypes, json, os, signal, sys
libc = ctypes.CDLL(None, use_errno=True)
done = []
def attempt(name, act):
    try: act()
    except OSError: return
    done.append(name)
def call(name, *arguments):
    if getattr(libc, name)(*arguments) < 0: raise OSError(ctypes.get_errno())
def inspect(pid):
    for name in ("environ", "maps", "auxv", "stack", "syscall"):
        attempt(f"{pid} {name}", lambda: open(f"/proc/{pid}/{name}", "rb").read(1))
    attempt(f"{pid} mem", lambda: open(f"/proc/{pid}/mem", "rb+").close())
    for name in ("0", "1", "2"):
        for mode in ("rb", "wb"):
            attempt(f"{pid} fd {name} {mode}", lambda: open(f"/proc/{pid}/fd/{name}", mode).close())
    for name in ("root", "cwd", "exe"):
        attempt(f"{pid} {name}", lambda: os.readlink(f"/proc/{pid}/{name}"))
    attempt(f"{pid} trace", lambda: call("ptrace", 16, pid, 0, 0))
    attempt(f"{pid} oom", lambda: open(f"/proc/{pid}/oom_score_adj", "w").write("1000"))
    attempt(f"{pid} limits", lambda: call("prlimit", pid, 7, bytes(16), None))
    attempt(f"{pid} fd", lambda: call("pidfd_getfd", os.pidfd_open(pid), 0, 0))
    for number in (signal.SIGTERM, signal.SIGSTOP, signal.SIGKILL):
        attempt(f"{pid} signal {number}", lambda: os.kill(pid, number))
others = []
for name in os.listdir("/proc"):
    if name.isdigit() and int(name) != os.getpid():
        others.append(int(name))
        inspect(int(name))
for uid in (0, 65534):
    attempt(f"become {uid}", lambda: os.setuid(uid))
    attempt(f"become group {uid}", lambda: os.setgid(uid))
attempt("groups", lambda: os.setgroups([0]))
attempt("bounding", lambda: call("prctl", 24, 5, 0, 0, 0))
reached, done = done, []
child = os.fork()
if child == 0:
    os.execvp("sleep", ["sleep", "323"])
inspect(child)
print(json.dumps([len(others), reached, done]), flush=True)
"""
OWN = {"environ", "mem", "fd 1 wb", "root", "trace", "limits", "signal 9"}
"""Some of what it must find where it may: its own child."""


def ways(found: list[str]) -> set[str]:
    return {way.partition(" ")[2] for way in found}


def test_no_command_can_reach_what_looks_after_it(sandbox: Sandbox) -> None:
    others, reached, own = json.loads(sandbox.run(python(REACH)).stdout)
    assert others >= 2
    assert reached == []
    assert ways(own) >= OWN
    process = sandbox.spawn(python(REACH))
    others, reached, own = json.loads(process.read_line(30.0, 100_000))
    process.kill()
    assert others >= 2
    assert reached == []
    assert ways(own) >= OWN


def test_what_a_command_says_is_never_taken_for_the_supervisors_word(sandbox: Sandbox) -> None:
    forged = b"".join(frames.pack(number, frames.ENDED, b"0") for number in range(1000))
    done = sandbox.run(
        python("import sys; sys.stdout.buffer.write(sys.stdin.buffer.read()); sys.exit(7)"), stdin=forged
    )
    assert (done.exit_code, done.stdout) == (7, forged)


def test_a_supervisor_that_dies_is_an_infrastructure_failure_and_is_replaced(
    start: Callable[..., Sandbox], engine: object, tmp_path: Path
) -> None:
    with start(tmp_path) as sandbox:
        state = engine.api.inspect_container(sandbox._container.container_id)["State"]
        killer = Timer(0.5, os.kill, (state["Pid"], signal.SIGKILL))
        killer.start()
        with pytest.raises(SandboxError, match="supervisor"):
            sandbox.run(["sleep", "20"])
        killer.join()
        assert sandbox.run(["echo", "alive"]).stdout == b"alive\n"


def test_memory_that_ends_the_supervisor_too_is_a_result(
    start: Callable[..., Sandbox], tmp_path: Path
) -> None:
    fill = """
import os, sys
def hold(size):
    file = open(f"/dev/shm/{size}", "wb")
    for _ in range(size): file.write(bytes(1 << 20))
for size in (40, 400):
    try: hold(size)
    except OSError: pass
for folder in ("/tmp", os.environ["TMPDIR"]):
    with open(folder + "/fill", "wb") as file:
        for _ in range(900): file.write(bytes(1 << 20))
"""
    with start(tmp_path) as sandbox:
        assert not sandbox.run(python(fill), limits=Limits(memory_mb=100)).ok
        sandbox.run(["rm", "-rf", "/tmp/fill", "/dev/shm/40", "/dev/shm/400"], limits=Limits(memory_mb=100))
        assert sandbox.run(["echo", "alive"]).stdout == b"alive\n"


def test_a_supervisor_ends_with_its_client(
    start: Callable[..., Sandbox], engine: object, tmp_path: Path
) -> None:
    with start(tmp_path) as sandbox:
        sandbox.spawn(["sleep", "100"])
        container = sandbox._container
        container._channel.close()
        assert engine.api.wait(container.container_id, timeout=20)["StatusCode"] == 0


def test_many_commands_share_the_stream(sandbox: Sandbox) -> None:
    def echo(number: int) -> bool:
        data = bytes([number]) * 700_000
        return sandbox.run(["cat"], stdin=data).stdout == data

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(echo, range(12)))


def test_input_that_nobody_reads_ends_with_its_command(sandbox: Sandbox) -> None:
    large = bytes(5 << 20)
    assert sandbox.run(["true"], stdin=large).ok
    assert sandbox.run(["sleep", "100"], stdin=large, limits=Limits(seconds=1)).timed_out


def test_what_fights_the_sweep_ends_with_a_restart_and_not_an_error(
    start: Callable[..., Sandbox], tmp_path: Path
) -> None:
    fight = """
import os, signal
while True:
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            try: os.kill(int(name), signal.SIGKILL)
            except OSError: pass
"""
    with start(tmp_path) as sandbox:
        done = sandbox.run(python(fight), limits=Limits(seconds=1))
        assert not done.ok
        assert sandbox.run(["sh", "-c", "echo alive > $TMPDIR/x && cat $TMPDIR/x"]).stdout == b"alive\n"


def test_the_clock_is_the_containers_on_this_machine(sandbox: Sandbox, engine: object) -> None:
    process = sandbox.spawn(["cat"])
    assert process.clock in {"cgroup-v1", "cgroup-v2"}
    process.kill()


def test_the_engines_own_clock_agrees_with_ours(sandbox: Sandbox, engine: object) -> None:
    container = sandbox._container.container_id
    ours, engines = sandbox._container.meter, EngineMeter(engine, container)
    assert isinstance(ours, HostMeter)
    before = ours.cpu_ns()
    between = engines.cpu_ns()
    assert before <= between <= ours.cpu_ns()
    assert engines.process_count() == ours.process_count()


def test_a_pid_of_another_container_is_not_taken_for_ours(engine: object) -> None:
    assert isinstance(find_meter(engine, "f" * 64, os.getpid()), EngineMeter)


def test_a_container_that_is_gone_is_a_broken_sandbox(
    start: Callable[..., Sandbox], engine: object, tmp_path: Path
) -> None:
    sandbox = start(tmp_path)
    process = sandbox.spawn(["cat"])
    engine.api.remove_container(sandbox._container.container_id, force=True)
    with pytest.raises((SandboxError, ProcessEnded)):
        process.read_line(10.0, 100)
    with pytest.raises(SandboxError):
        process.cpu_ns()
    with pytest.raises(SandboxError):
        sandbox.run(["true"])
    sandbox.close()


@pytest.fixture
def installed(
    prepare: Callable[..., Environment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Environment, str]:
    """An environment made with secrets in the user's settings, and what its command saw."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    bundle = tmp_path / "bundle.pem"
    bundle.write_text("bundle-secret")
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    links = tmp_path / "links"
    links.mkdir()
    (links / "wheel.txt").write_text("links-secret")
    monkeypatch.setenv("PIP_FIND_LINKS", str(links))
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "marker").write_text(str(tmp_path))
    look = 'env; cat "$SSL_CERT_FILE" "$PIP_FIND_LINKS/wheel.txt"; which python pip'
    spec = EnvironmentSpec(commands=("touch /opt/installed", f"({look}) 2>&1; pwd; exit 9"))
    with pytest.raises(UsageError) as failed:
        prepare(spec, tree)
    environment = prepare(
        EnvironmentSpec(commands=(f"({look}) >/dev/null", "touch /opt/installed")), tree, quiet
    )
    return environment, str(failed.value)


def test_installing_sees_the_users_package_settings_and_the_image_keeps_none(
    installed: tuple[Environment, str], engine: object, tmp_path: Path, backend: Backend
) -> None:
    environment, seen = installed
    assert "links-secret" in seen
    assert "bundle-secret" in seen
    assert "/opt/venv/bin/pip" in seen
    assert seen.rstrip().endswith("/hotloop/tree")
    kept = json.dumps(
        [engine.api.inspect_image(environment.reference), engine.api.history(environment.reference)]
    )
    for secret in ("index-secret", "proxy-secret", "key-secret", "bundle", "links", str(tmp_path)):
        assert secret not in kept
    with backend.start(environment, tmp_path / "tree", run_id="secrets") as sandbox:
        assert sandbox.run(["test", "-e", "/opt/installed"]).ok
        everything = "import os; print(dict(os.environ)); print(open('/proc/1/environ', 'rb').read())"
        assert b"secret" not in sandbox.run(python(everything)).stdout
        search = "grep -rlE '(index|proxy|bundle|links)-secret' /hotloop /root /opt /etc /tmp 2>/dev/null"
        assert sandbox.run(["sh", "-c", search]).stdout == b""


def test_a_build_leaves_no_container_behind(installed: tuple[Environment, str], engine: object) -> None:
    assert engine.containers.list(all=True, filters={"name": f"hotloop-building-.*-{os.getpid()}-"}) == []


def test_an_image_without_pytest_or_a_venv_will_do(
    backend: Backend, prepare: Callable[..., Environment], tmp_path: Path
) -> None:
    image = os.environ.get("HOTLOOP_DOCKER_BASE", "python:3.11-slim")
    environment = prepare(EnvironmentSpec(image=image), tmp_path)
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "test_it.py").write_text("def test_it(): pass\n")
    with backend.start(environment, tmp_path / "tree", run_id="plain") as sandbox:
        done = sandbox.run([environment.python, "-m", "pytest", "-q", "-p", "no:cacheprovider"])
        assert "1 passed" in done.text()


def test_a_dockerfile_of_the_task_is_built_with_its_tree_as_context(
    backend: Backend, prepare: Callable[..., Environment], engine: object, tmp_path: Path
) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "data").write_text(str(tmp_path))
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text(f"FROM {base_image(engine, quiet)}\nCOPY data /data\n")
    said: list[str] = []
    spec = EnvironmentSpec(dockerfile=dockerfile)
    environment = prepare(spec, tree, said.append)
    assert prepare(spec, tree, said.append) == environment
    assert len([line for line in said if "Dockerfile" in line]) == 1
    with backend.start(environment, tree, run_id="dockerfile") as sandbox:
        assert sandbox.run(["cat", "/data"]).stdout.decode() == str(tmp_path)


def test_a_dockerfile_that_does_not_build_is_the_users_mistake(
    backend: Backend, engine: object, tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {base_image(engine, quiet)}\nRUN echo the reason; exit 5\n")
    with pytest.raises(UsageError, match="the reason"):
        backend.prepare(EnvironmentSpec(dockerfile=tmp_path / "Dockerfile"), tmp_path, quiet)


def test_an_image_that_is_not_there_is_the_users_mistake(backend: Backend, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no-such-image\.invalid"):
        backend.prepare(EnvironmentSpec(image="no-such-image.invalid/x:1"), tmp_path, quiet)


def test_a_base_image_that_cannot_be_built_says_how(
    backend: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLOOP_BASE_IMAGE", "hotloop-test-missing")
    monkeypatch.setenv("HOTLOOP_DOCKER_BASE", "no-such-base.invalid/x:1")
    with pytest.raises(UsageError, match="HOTLOOP_DOCKER_BASE"):
        backend.prepare(EnvironmentSpec(), tmp_path, quiet)


def test_files_that_a_sandbox_wrote_can_be_removed(
    start: Callable[..., Sandbox], make_tree: Callable[..., Path]
) -> None:
    tree = make_tree({"a": "1"})
    with start(tree, writable=True) as sandbox:
        assert sandbox.run(["sh", "-c", "mkdir d && touch d/f && chmod 0 d"]).ok
        assert sandbox.tree == PurePosixPath("/hotloop/tree")
    remove_tree(tree)
    assert not tree.exists()
