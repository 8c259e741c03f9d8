"""What holds in Docker beyond the common promises."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest

from hotloop.errors import UsageError
from hotloop.sandboxes.base import Backend, Environment, EnvironmentSpec, Limits, ProcessEnded, Sandbox
from hotloop.sandboxes.docker_clock import EngineMeter, HostMeter, find_meter
from hotloop.sandboxes.docker_image import base_image
from hotloop.sandboxes.errors import SandboxError
from hotloop.sandboxes.trees import remove_tree

pytestmark = [pytest.mark.docker, pytest.mark.parametrize("backend", ["docker"], indirect=True)]

SECRETS = {
    "PIP_INDEX_URL": "https://user:index-secret@mirror.invalid/simple",
    "HTTPS_PROXY": "http://user:proxy-secret@proxy.invalid",
    "OPENAI_API_KEY": "key-secret",
}


def python(code: str) -> list[str]:
    return ["python", "-c", code]


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
    assert not host["CapAdd"]
    assert not host["Privileged"]
    assert "no-new-privileges" in host["SecurityOpt"]
    assert host["ReadonlyRootfs"]
    assert host["Memory"] == host["MemorySwap"] == Limits().memory_mb << 20
    assert host["PidsLimit"] > 0
    assert host["NanoCpus"] > 0
    assert inspected["Config"]["User"].partition(":")[0] != "0"


def test_only_the_tree_and_our_own_files_are_mounted(inspected: dict[str, object]) -> None:
    binds = {mount["Destination"]: mount["RW"] for mount in inspected["Mounts"] if mount["Type"] == "bind"}
    assert binds == {
        "/hotloop/tree": False,
        "/hotloop/tools": False,
        "/hotloop/inside": False,
        "/hotloop/toolbox": False,
    }
    assert not [mount for mount in inspected["Mounts"] if mount["Type"] == "volume"]


def test_memory_filled_with_files_is_a_result_and_the_sandbox_lives_on(sandbox: Sandbox) -> None:
    fill = "f = open('/tmp/fill', 'wb')\nfor _ in range(900): f.write(bytes(1 << 20))"
    assert not sandbox.run(python(fill), limits=Limits(memory_mb=200)).ok
    sandbox.run(["rm", "-f", "/tmp/fill"])
    assert sandbox.run(["sh", "-c", "echo alive > $TMPDIR/x && cat $TMPDIR/x"]).stdout == b"alive\n"


def test_a_container_that_dies_with_its_process_is_started_again(sandbox: Sandbox, engine: object) -> None:
    process = sandbox.spawn(["cat"])
    engine.api.kill(sandbox._container.container_id)
    with pytest.raises(ProcessEnded):
        process.read_line(10.0, 100)
    with pytest.raises(SandboxError, match="clock"):
        process.cpu_ns()
    assert sandbox.run(["echo", "alive"]).stdout == b"alive\n"


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
