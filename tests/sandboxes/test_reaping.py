"""What a client that was killed with SIGKILL leaves behind is found and removed by the next."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotloop.sandboxes import proc
from hotloop.sandboxes.base import Backend, Environment
from hotloop.sandboxes.cgroup import Family

CLIENT = """
import sys
from pathlib import Path
from hotloop.sandboxes.base import Environment
from {module} import {backend}

class Bare({backend}):
    _family = None

backend = (Bare if {bare} else {backend})(Path({tools!r}), Path({state!r}))
sandbox = backend.start({environment!r}, Path({tree!r}), run_id="killed")
ignore = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(987)"
process = sandbox.spawn(["sh", "-c", "setsid sleep 987654 & exec python -c \\"" + ignore + "\\""])
process.read_line(30.0, 100)
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def client(
    backend: Backend, environment: Environment, tools: Path, state: Path, make_tree: object
) -> Iterator[subprocess.Popen[str]]:
    """A process of its own that has started a sandbox with live processes in it."""
    kind = f"{backend.name.title()}Backend"
    code = CLIENT.format(
        module=f"hotloop.sandboxes.{backend.name}",
        backend=kind,
        bare=type(backend).__name__.startswith("Bare"),
        tools=str(tools),
        state=str(state),
        environment=environment,
        tree=str(make_tree({})),
    )
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as started:
        assert started.stdout is not None
        assert started.stdout.readline() == "ready\n"
        yield started
        started.kill()


def sleepers() -> set[int]:
    found = set()
    for pid in proc.parents():
        try:
            line = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if b"987654" in line and line.startswith(b"sleep"):
            found.add(pid)
    return found


def test_a_killed_clients_sandboxes_are_reaped(
    backend: Backend, client: subprocess.Popen[str], state: Path
) -> None:
    assert sleepers()
    runs = (state / backend.name if backend.name == "bubblewrap" else state) / "runs"
    sandboxes = [folder.name for folder in (runs / "killed").glob("*")]
    assert len(sandboxes) == (0 if backend.name == "docker" else 1)
    os.kill(client.pid, signal.SIGKILL)
    client.wait()
    assert backend.reap("killed") >= 1
    deadline = time.monotonic() + 10.0
    while sleepers() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not sleepers()
    assert not (runs / "killed").exists()
    assert backend.reap("killed") == 0
    family = Family.find()
    assert family is None or not [group for name in sandboxes for group in family.matching(name)]


@pytest.mark.parametrize("backend", ["bubblewrap", "bubblewrap-bare"], indirect=True)
def test_in_bubblewrap_nothing_outlives_a_killed_client_even_before_it_is_reaped(
    backend: Backend, client: subprocess.Popen[str]
) -> None:
    assert sleepers()
    os.kill(client.pid, signal.SIGKILL)
    client.wait()
    deadline = time.monotonic() + 10.0
    while sleepers() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not sleepers()
    backend.reap("killed")


def test_a_pid_that_another_process_has_now_is_not_killed() -> None:
    with subprocess.Popen(["sleep", "60"]) as innocent:
        started = proc.start_time(innocent.pid)
        assert started is not None
        assert not proc.end_tree(innocent.pid, started - 1)
        assert innocent.poll() is None
        assert proc.end_tree(innocent.pid, started)
        assert innocent.wait() == -signal.SIGKILL
