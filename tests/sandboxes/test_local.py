"""What holds in the local backend beyond the common promises."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hotloop.errors import UsageError
from hotloop.sandboxes import interpreters, toolbox
from hotloop.sandboxes.base import Backend, EnvironmentSpec, Limits, Sandbox
from hotloop.sandboxes.cgroup import Family
from hotloop.sandboxes.errors import SandboxError
from hotloop.sandboxes.launching import launch
from hotloop.sandboxes.local import LocalBackend
from hotloop.sandboxes.namespaces import Isolation, find_isolation, namespace_settings
from hotloop.sandboxes.streams import BoundedOutput


def quiet(message: str) -> None:
    del message


class NoNamespaces(LocalBackend):
    """On a machine that lets us have no private mounts."""

    @property
    def _builder(self) -> object:
        return dataclasses.replace(super()._builder, isolation=None)


def test_without_namespaces_paths_differ_and_the_backend_says_so(
    tools: Path, state: Path, make_tree: Callable[..., Path]
) -> None:
    backend = NoNamespaces(tools, state)
    assert not backend.capabilities.same_path
    assert not backend.capabilities.isolates_network
    tree = make_tree({"which": "this one"})
    environment = backend.prepare(EnvironmentSpec(), tree, quiet)
    with backend.start(environment, tree, run_id="plain") as sandbox:
        assert str(sandbox.tree) == str(tree)
        assert sandbox.run(["cat", "which"]).stdout == b"this one"
        assert sandbox.run(["python", str(sandbox.tools / "hello.py")]).ok
        sandbox.write(sandbox.scratch / "x", b"1")
        assert sandbox.read(sandbox.scratch / "x") == b"1"


def test_a_user_namespace_gives_the_same_mounts(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    for folder in (source, target):
        folder.mkdir()
    (source / "file").write_text("seen")
    namespaces = namespace_settings(Isolation(user=True, network=True), [(source, target, True)], [])
    out = BoundedOutput(1000)
    script = f"cat {target}/file; touch {target}/new || echo refused; cat /proc/net/dev | wc -l"
    settings = {
        "command": ["sh", "-c", script],
        "cwd": "/",
        "env": dict(os.environ),
        "namespaces": namespaces,
    }
    launched = launch({**settings, "no_stdin": True}, None, out.feed, out.feed)
    assert launched.wait(30.0)
    launched.end()
    launched.release()
    assert b"seen" in out.value()
    assert b"refused" in out.value()
    assert out.value().endswith(b"3\n")  # two lines of heading, and loopback alone


def test_isolation_is_found_by_trying_it(tmp_path: Path) -> None:
    found = find_isolation(tmp_path)
    assert found is None or found.user == (os.geteuid() != 0)


@pytest.mark.parametrize("backend", ["local"], indirect=True)
def test_code_inside_finds_no_control_groups_and_no_other_sandbox(sandbox: Sandbox, state: Path) -> None:
    assert sandbox.run(["ls", "-A", "/sys/fs/cgroup"]).stdout == b""
    assert sandbox.run(["ls", "-A", str(state / "runs")]).stdout == b""
    assert not sandbox.run(["umount", "/sys/fs/cgroup"]).ok


@pytest.mark.parametrize("backend", ["local"], indirect=True)
def test_shared_memory_is_not_kept_from_one_command_to_the_next(sandbox: Sandbox) -> None:
    assert sandbox.run(["touch", "/dev/shm/kept"]).ok
    assert not sandbox.run(["ls", "/dev/shm/kept"]).ok


@pytest.mark.parametrize("backend", ["local"], indirect=True)
def test_the_environment_cannot_be_changed_from_inside(backend: Backend, sandbox: Sandbox) -> None:
    assert not sandbox.run(["touch", f"{sandbox.environment.reference}/new"]).ok


@pytest.mark.parametrize("backend", ["local"], indirect=True)
def test_limits_cannot_be_raised_from_inside(sandbox: Sandbox) -> None:
    code = "import resource as r; r.setrlimit(r.RLIMIT_FSIZE, (-1, -1))"
    assert not sandbox.run(["python", "-c", code], limits=Limits(file_mb=1)).ok


@pytest.mark.parametrize("backend", ["local"], indirect=True)
def test_a_process_that_left_its_control_group_has_no_clock(sandbox: Sandbox) -> None:
    family = Family.find()
    assert family is not None
    process = sandbox.spawn(["sleep", "322"])
    pid = process._launched.target
    elsewhere = family.create("elsewhere", memory=1 << 30, processes=100)
    (elsewhere.folders[0] / "cgroup.procs").write_text(str(pid))
    with pytest.raises(SandboxError, match="left its control group"):
        process.cpu_ns()
    elsewhere.kill()
    elsewhere.remove()
    process.kill()


def test_a_launcher_that_cannot_set_up_is_the_sandboxes_failure(tmp_path: Path) -> None:
    settings = {"command": ["true"], "cwd": str(tmp_path / "nowhere"), "env": {}, "no_stdin": True}
    out = BoundedOutput(10)
    with pytest.raises(SandboxError, match="nowhere"):
        launch(settings, None, out.feed, out.feed)


def test_a_core_that_does_not_exist_is_the_sandboxes_failure() -> None:
    settings = {"command": ["true"], "cwd": "/", "env": {}, "no_stdin": True, "cpu": 4095}
    out = BoundedOutput(10)
    with pytest.raises(SandboxError, match="cannot set the sandbox up"):
        launch(settings, None, out.feed, out.feed)


def test_an_interpreter_given_by_path_is_used_as_it_is(tools: Path, state: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(own)], check=True)
    backend = LocalBackend(tools, state)
    environment = backend.prepare(EnvironmentSpec(python=str(own / "bin" / "python")), tmp_path, quiet)
    assert (environment.python, environment.reference) == (str(own / "bin" / "python"), "")
    with pytest.raises(UsageError, match="import Hotloop"):
        backend.prepare(EnvironmentSpec(python=sys.executable), tmp_path, quiet)


def test_a_state_folder_that_cannot_be_made_is_told_with_the_remedy(tools: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"cannot be written to .*XDG_STATE_HOME"):
        LocalBackend(tools, tmp_path / "file" / "state").check()


def test_images_belong_to_docker(tools: Path, state: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="docker"):
        LocalBackend(tools, state).prepare(EnvironmentSpec(image="x"), tmp_path, quiet)


def test_a_version_is_looked_for_under_pyenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for patch in ("3.77.2", "3.77.10"):
        (tmp_path / "versions" / patch / "bin").mkdir(parents=True)
        (tmp_path / "versions" / patch / "bin" / "python3.77").touch()
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert interpreters.resolve("3.77") == str(tmp_path / "versions/3.77.10/bin/python3.77")
    assert interpreters.resolve("3.77.2") == str(tmp_path / "versions/3.77.2/bin/python3.77")
    with pytest.raises(UsageError, match=r"3\.78"):
        interpreters.resolve("3.78")


def test_a_python_older_than_our_runner_is_refused() -> None:
    with pytest.raises(UsageError, match=r"3\.9 or later"):
        interpreters.parse_facts(
            "python", '{"version": [3, 8], "build": "", "hotloop": false, "pytest": false}'
        )


def test_no_toolbox_for_a_python_that_pytest_does_not_support() -> None:
    assert toolbox.members((3, 5)) is None


@pytest.mark.parametrize("backend", ["local"], indirect=True)
def test_an_editable_install_imports_the_tree_that_is_run_and_not_base(
    backend: Backend, make_tree: Callable[..., Path]
) -> None:
    """As pip leaves it: a .pth file with the path at which the package was installed."""
    base = make_tree({"src/package.py": "tree = 'base'"})
    candidate = make_tree({"src/package.py": "tree = 'mine'"})
    write = "open(sysconfig.get_path('purelib') + '/e.pth', 'w').write(os.getcwd() + '/src')"
    code = f"import os, sysconfig; {write}"
    environment = backend.prepare(EnvironmentSpec(commands=(f'python -c "{code}"',)), base, quiet)
    for tree, expected in ((base, b"base\n"), (candidate, b"mine\n")):
        with backend.start(environment, tree, run_id="editable") as sandbox:
            assert sandbox.run(["python", "-c", "import package; print(package.tree)"]).stdout == expected


def test_the_toolbox_holds_pytest_and_nothing_of_ours(tmp_path: Path) -> None:
    folder = toolbox.build(tmp_path, (sys.version_info[0], sys.version_info[1]))
    assert folder is not None
    packages = {
        path.name
        for path in folder.iterdir()
        if path.is_dir() and not path.name.endswith(("-info", "__pycache__"))
    }
    assert packages == {"_pytest", "pytest", "pluggy", "iniconfig", "packaging", "pygments"}
    assert not list(folder.rglob("*.so"))
    assert toolbox.build(tmp_path, (sys.version_info[0], sys.version_info[1])) == folder
