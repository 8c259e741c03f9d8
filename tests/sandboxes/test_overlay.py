from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotloop.sandboxes import overlay
from hotloop.sandboxes.base import Backend, Environment
from hotloop.sandboxes.docker import DockerBackend
from hotloop.sandboxes.usage import disk_usage
from hotloop.sandboxes.users import SANDBOX_UID


@pytest.fixture
def lower(tmp_path: Path) -> Iterator[Path]:
    why = overlay.why_not(tmp_path / "layers")
    if why is not None:
        pytest.skip(why)
    made = tmp_path / "lower"
    made.mkdir()
    (made / "module.py").write_text("value = 1\n")
    os.chown(made, SANDBOX_UID, SANDBOX_UID)
    os.chown(made / "module.py", SANDBOX_UID, SANDBOX_UID)
    yield made
    overlay.release(tmp_path)


def test_a_trial_leaves_nothing(lower: Path, tmp_path: Path) -> None:
    assert lower.is_dir()
    assert list((tmp_path / "layers").iterdir()) == []
    assert not overlay.release(tmp_path)


def test_release_ends_overlays_of_overlays_and_spares_those_beside(lower: Path, tmp_path: Path) -> None:
    beside = overlay.mount(lower, tmp_path / "beside", tmp_path / "layers")
    first = overlay.mount(lower, tmp_path / "run" / "a b", tmp_path / "run" / "layers")
    overlay.mount(first.place, tmp_path / "run" / "c", tmp_path / "run" / "layers")
    assert (tmp_path / "run" / "c" / "module.py").read_text() == "value = 1\n"
    assert overlay.release(tmp_path / "run") == 2
    assert list((tmp_path / "run" / "layers").iterdir()) == []
    assert overlay.find(tmp_path / "beside") == beside
    assert overlay.release(tmp_path / "run") == 0


def test_what_an_overlay_shows_takes_no_disk(lower: Path, tmp_path: Path) -> None:
    (lower / "large").write_bytes(b"x" * 1_000_000)
    made = overlay.mount(lower, tmp_path / "run" / "tree", tmp_path / "run" / "layers")
    (made.place / "more").write_bytes(b"x" * 100_000)
    assert 100_000 <= disk_usage(tmp_path / "run") < 200_000


_LEAVE = """
import os, signal, sys
from pathlib import Path
from hotloop.sandboxes import overlay
root = Path(sys.argv[1])
overlay.mount(root / "lower", root / "run" / "tree", root / "run" / "layers")
(root / "run" / "tree" / "module.py").write_text("changed")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_is_removed_without_touching_the_tree_below(
    lower: Path, tmp_path: Path
) -> None:
    done = subprocess.run([sys.executable, "-c", _LEAVE, str(tmp_path)], check=False)
    assert done.returncode == -9
    assert (tmp_path / "run" / "tree" / "module.py").read_text() == "changed"
    overlay.remove(tmp_path / "run")
    assert not (tmp_path / "run").exists()
    assert (lower / "module.py").read_text() == "value = 1\n"


def test_a_writable_sandbox_changes_the_overlay_and_not_the_tree_below(
    backend: Backend, environment: Environment, lower: Path, tmp_path: Path
) -> None:
    made = overlay.mount(lower, tmp_path / "tree", tmp_path / "layers")
    script = "cat module.py; echo new > made.py; mv module.py other.py; mkdir d; mv d e; ls"
    with backend.start(environment, made.place, run_id="overlay", writable=True) as sandbox:
        done = sandbox.run(["sh", "-c", script])
    assert (done.exit_code, done.stdout) == (0, b"value = 1\ne\nmade.py\nother.py\n")
    assert sorted(path.name for path in made.place.iterdir()) == ["e", "made.py", "other.py"]
    assert [path.name for path in lower.iterdir()] == ["module.py"]


def test_a_sandbox_around_an_overlay_is_read_only_unless_asked(
    backend: Backend, environment: Environment, lower: Path, tmp_path: Path
) -> None:
    made = overlay.mount(lower, tmp_path / "tree", tmp_path / "layers")
    (made.place / "module.py").write_text("value = 2\n")
    with backend.start(environment, made.place, run_id="overlay") as sandbox:
        done = sandbox.run(["sh", "-c", "cat module.py; echo x > module.py; echo x > new"])
    assert done.stdout == b"value = 2\n"
    assert done.exit_code != 0
    if backend.capabilities.isolates_files or backend.capabilities.same_path:
        assert (made.place / "module.py").read_text() == "value = 2\n"
        assert not (made.place / "new").exists()


@pytest.mark.docker
def test_an_engine_that_does_not_see_our_mounts_is_not_used(
    tools: Path, state: Path, lower: Path, tmp_path: Path
) -> None:
    """As from a container that was given the engine's socket: the folder it would show is empty.

    Where the kernel lets us show a tree in a container that runs, the engine need not see it.
    """
    script = _UNSEEN.format(root=str(tmp_path), tools=str(tools), state=str(state))
    done = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("The Docker engine does not see what is mounted here\n", 0), (
        done
    )
    assert DockerBackend(tools, state).reap("unseen") == 0


_UNSEEN = """
from pathlib import Path
from hotloop.errors import UsageError
from hotloop.sandboxes import docker_tree, overlay
docker_tree.may_show = lambda: False
from hotloop.sandboxes.base import EnvironmentSpec
from hotloop.sandboxes.docker import DockerBackend
root = Path({root!r})
backend = DockerBackend(Path({tools!r}), Path({state!r}))
environment = backend.prepare(EnvironmentSpec(), root / "lower", lambda message: None)
made = overlay.mount(root / "lower", root / "tree", root / "layers")
try:
    backend.start(environment, made.place, run_id="unseen")
except UsageError as error:
    print(error.cause)
"""
