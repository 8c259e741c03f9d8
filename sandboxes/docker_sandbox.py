"""One tree in one container."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self

from hotloop.sandboxes import docker_container, proc
from hotloop.sandboxes.base import (
    Activity,
    Completed,
    Ended,
    Environment,
    Limits,
    ProcessEnded,
    ProcessTimeout,
)
from hotloop.sandboxes.docker_container import MIB, OWN_PROCESSES, Container
from hotloop.sandboxes.docker_exec import Exec
from hotloop.sandboxes.environ import command_environment
from hotloop.sandboxes.errors import SandboxError
from hotloop.sandboxes.inside import files
from hotloop.sandboxes.launching import Settings
from hotloop.sandboxes.streams import Lines, Tail

TREE = PurePosixPath(docker_container.TREE)
SCRATCH = PurePosixPath(docker_container.SCRATCH)
TOOLS = PurePosixPath("/hotloop/tools")
PRIVATE = (SCRATCH, *map(PurePosixPath, ("/tmp", "/dev/shm", "/dev/mqueue")))
PROCESSES_A_COMMAND = 2
"""The launcher that supervises, and the target."""


class DockerProcess:
    """See `hotloop.sandboxes.base.Process`.

    The clock is the whole container's, from the moment the process began: other
    commands of the same sandbox count too, so a measurement has a sandbox to itself.
    """

    def __init__(
        self,
        container: Container,
        command: Exec,
        lines: Lines,
        errors: Tail,
        forget: Callable[[DockerProcess], None],
    ) -> None:
        self.clock = container.meter.clock
        self._container = container
        self._command = command
        self._lines = lines
        self._errors = errors
        self._forget = forget
        self._launcher = command.host_pid()
        self._lock = threading.RLock()
        self._before = container.meter.cpu_ns()
        self._ended = False
        self._last_cpu: int | None = None
        self._peak = 0
        self._delays: dict[int, int] = {}

    def send(self, data: bytes) -> None:
        try:
            self._command.send(data)
        except OSError as error:
            raise ProcessEnded(f"it reads no more: {self.stderr_tail()}") from error
        if self._command.wait(0):
            raise ProcessEnded(f"it has ended: {self.stderr_tail()}")

    def read_line(self, seconds: float, limit: int) -> bytes:
        try:
            return self._lines.read_line(seconds, limit)
        except (ProcessTimeout, ProcessEnded):
            self.kill()
            raise

    def wait(self, seconds: float, limit: int) -> Ended:
        self._lines.keep(limit)
        in_time = self._command.wait_watching(seconds, self._look)
        seen = time.perf_counter_ns()
        self._end(drop=not in_time)
        if not in_time:
            raise ProcessTimeout(f"it did not end in {seconds:g} s")
        return Ended(self._command.exit_code(), self._lines.rest(limit), seen)

    def activity(self) -> Activity:
        pids = self._container.meter.pids(self._launcher)
        if pids is None:
            count = self._container.meter.process_count() - OWN_PROCESSES - 1
            return Activity(count, count, 0)
        with self._lock:
            self._delays |= proc.run_delays(pids | self._delays.keys())
            return Activity(len(pids), proc.threads(pids), sum(self._delays.values()))

    def migrations(self) -> int:
        return proc.migrations(self._container.meter.pids(self._launcher) or ())

    def pin(self, cpu: int) -> bool:
        del cpu  # its clock is that of all its container runs: nothing more could run in it meanwhile
        return False

    def _look(self) -> None:
        self.peak_memory()
        self.activity()

    def cpu_ns(self) -> int:
        with self._lock:
            if not self._ended:
                return self._container.meter.cpu_ns() - self._before
            if self._last_cpu is None:
                raise SandboxError("the process ended with its container, and its clock with both")
            return self._last_cpu

    def has_children(self) -> bool:
        known = OWN_PROCESSES + PROCESSES_A_COMMAND * len(self._container.live)
        return self._container.meter.process_count() > known

    def peak_memory(self) -> int:
        with self._lock:
            if not self._ended:
                self._peak = max(self._peak, self._container.meter.peak_memory(self._launcher))
            return self._peak

    def stderr_tail(self) -> str:
        return self._errors.text()

    def kill(self) -> None:
        self._end(drop=True)

    def _end(self, *, drop: bool) -> None:
        """drop: nobody reads what it wrote any more."""
        with self._lock:
            if not self._ended:
                if drop:
                    self._lines.end()
                with suppress(SandboxError):  # a container that died; `cpu_ns` says so when asked
                    self.peak_memory()
                    self._last_cpu = self._container.meter.cpu_ns() - self._before
                self._ended = True
                self._container.end(self._command)
        self._forget(self)


class DockerSandbox:
    """See `hotloop.sandboxes.base.Sandbox`. used: called when it has been closed."""

    tree = TREE
    scratch = SCRATCH
    private = PRIVATE
    tools = TOOLS

    def __init__(
        self,
        environment: Environment,
        container: Container,
        host_tree: Path,
        path: str,
        used: Callable[[], None],
    ) -> None:
        self.environment = environment
        self._container = container
        self._host_tree = host_tree
        self._path = path
        self._used = used
        self._live: set[DockerProcess] = set()
        self._lock = threading.Lock()
        self._closed = False

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: PurePosixPath | None = None,
        env: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        stdin: bytes = b"",
    ) -> Completed:
        self._check_open()
        limits = limits or Limits()
        return self._container.run(self._settings(command, cwd, env, limits), limits, stdin)

    def spawn(
        self,
        command: Sequence[str],
        *,
        cwd: PurePosixPath | None = None,
        env: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        cpu: int | None = None,
    ) -> DockerProcess:
        self._check_open()
        limits = limits or Limits()
        lines, errors = Lines(), Tail()
        started = self._container.start(
            self._settings(command, cwd, env, limits, cpu), limits, lines.feed, errors.feed
        )
        process = DockerProcess(self._container, started, lines, errors, self._forget)
        with self._lock:
            self._live.add(process)
        return process

    def read(self, path: PurePosixPath, limit: int = 1 << 24) -> bytes:
        self._check_open()
        if _is_below(path, TREE):
            data = self._read_tree(path, limit)
        elif _is_below(path, SCRATCH):
            data = self._read_scratch(path, limit)
        else:
            raise SandboxError(f"{path} is not below {TREE} or {SCRATCH}")
        if len(data) > limit:
            raise SandboxError(f"{path} is larger than {limit} bytes")
        return data

    def write(self, path: PurePosixPath, data: bytes) -> None:
        self._check_open()
        if not _is_below(path, SCRATCH):
            raise SandboxError(f"{path} is not below {SCRATCH}")
        done = self._files("write", path, len(data), Limits(), data)
        if not done.ok:
            raise SandboxError(f"cannot write {path}: {done.text()}")

    def close(self) -> None:
        with self._lock:
            self._closed = True
            live = list(self._live)
        for process in live:
            with suppress(SandboxError):  # a dead container's clock; the removal ends what is left
                process.kill()
        self._container.remove()
        self._used()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _check_open(self) -> None:
        if self._closed:
            raise SandboxError("the sandbox is closed")

    def _forget(self, process: DockerProcess) -> None:
        with self._lock:
            self._live.discard(process)

    def _read_tree(self, path: PurePosixPath, limit: int) -> bytes:
        try:
            return files.read_below(self._host_tree, path.relative_to(TREE).parts, limit)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise SandboxError(f"cannot read {path}: {error}") from error

    def _read_scratch(self, path: PurePosixPath, limit: int) -> bytes:
        # Twice, as the output keeps its beginning and its end, each half of the bound.
        done = self._files("read", path, limit, Limits(output_bytes=2 * limit + 2))
        if done.exit_code == 3:
            raise FileNotFoundError(str(path))
        if not done.ok:
            raise SandboxError(f"cannot read {path}: {done.text()[-300:]}")
        return done.stdout

    def _files(
        self, verb: str, path: PurePosixPath, size: int, limits: Limits, stdin: bytes = b""
    ) -> Completed:
        parts = path.relative_to(SCRATCH).parts
        command = [verb, str(SCRATCH), str(size), *parts]
        settings = self._settings(command, PurePosixPath("/"), None, limits)
        return self._container.run({**settings, "tool": "files"}, limits, stdin)

    def _settings(
        self,
        command: Sequence[str],
        cwd: PurePosixPath | None,
        env: Mapping[str, str] | None,
        limits: Limits,
        cpu: int | None = None,
    ) -> Settings:
        return {
            "command": list(command),
            "cwd": str(cwd or TREE),
            "env": command_environment(self._path, SCRATCH, env, one_core=cpu is not None),
            "cpu": cpu,
            "oom_first": True,
            "rlimits": {
                "RLIMIT_FSIZE": limits.file_mb * MIB,
                "RLIMIT_NOFILE": limits.open_files,
                "RLIMIT_CORE": 0,
            },
        }


def _is_below(path: PurePosixPath, root: PurePosixPath) -> bool:
    return path != root and path.is_relative_to(root) and ".." not in path.parts
