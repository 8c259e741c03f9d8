"""One tree in one environment, on this machine."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self

from hotloop.sandboxes import owners
from hotloop.sandboxes.base import Completed, Environment, Limits
from hotloop.sandboxes.cgroup import Family, Group
from hotloop.sandboxes.environ import FOLDERS, command_environment
from hotloop.sandboxes.errors import SandboxError
from hotloop.sandboxes.inside import files
from hotloop.sandboxes.launching import Launched, Settings, Sink, launch
from hotloop.sandboxes.local_process import LocalProcess
from hotloop.sandboxes.namespaces import Rooms
from hotloop.sandboxes.proc import user_threads
from hotloop.sandboxes.streams import BoundedOutput, Lines, Tail
from hotloop.sandboxes.trees import remove_tree

MIB = 1 << 20
OWNER = "owner"
"""The file of a sandbox's folder that says which process made it."""


class LocalSandbox:
    """See `hotloop.sandboxes.base.Sandbox`.

    `folder` is the sandbox's own folder on this machine: scratch space, and in `pids` a
    file for each process, from which a later process can find and end it.
    """

    _owner: tuple[int, int] | None = None
    """Whose the files are that `write` makes; None: ours."""

    def __init__(
        self, environment: Environment, rooms: Rooms, folder: Path, path: str, family: Family | None
    ) -> None:
        self.environment = environment
        self.tree = PurePosixPath(rooms.tree)
        self.scratch = PurePosixPath(rooms.scratch)
        self.private = (self.scratch,)
        self.tools = PurePosixPath(rooms.tools)
        self._rooms = rooms
        self._folder = folder
        self._path = path
        self._family = family
        self._numbers = itertools.count()
        self._live: set[LocalProcess] = set()
        self._lock = threading.Lock()
        self._closed = False
        for name in FOLDERS:
            (rooms.host_scratch / name).mkdir(parents=True)
        (folder / "pids").mkdir()
        (folder / OWNER).write_text(owners.token())

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: PurePosixPath | None = None,
        env: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        stdin: bytes = b"",
    ) -> Completed:
        limits = limits or Limits()
        out, err = BoundedOutput(limits.output_bytes), BoundedOutput(limits.output_bytes)
        settings = self._settings(command, cwd, env, limits)
        begin = time.monotonic()
        launched = self._launch({**settings, "no_stdin": not stdin}, limits, out.feed, err.feed)
        try:
            feeder = _feed(launched, stdin)
            in_time = launched.wait(limits.seconds)
            seconds = time.monotonic() - begin
        finally:
            launched.end()
            launched.release()
        feeder.join()
        return Completed(
            exit_code=launched.exit_code() if in_time else -9,
            stdout=out.value(),
            stderr=err.value(),
            seconds=seconds,
            timed_out=not in_time,
            truncated=out.truncated or err.truncated,
        )

    def spawn(
        self,
        command: Sequence[str],
        *,
        cwd: PurePosixPath | None = None,
        env: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        cpu: int | None = None,
    ) -> LocalProcess:
        limits = limits or Limits()
        lines, errors = Lines(), Tail()
        settings = self._settings(command, cwd, env, limits, cpu)
        process = LocalProcess(
            self._launch(settings, limits, lines.feed, errors.feed), lines, errors, self._forget
        )
        with self._lock:
            self._live.add(process)
        return process

    def read(self, path: PurePosixPath, limit: int = 1 << 24) -> bytes:
        self._check_open()
        root, parts = self._locate(path, self.tree, self.scratch)
        try:
            data = files.read_below(root, parts, limit)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise SandboxError(f"cannot read {path}: {error}") from error
        if len(data) > limit:
            raise SandboxError(f"{path} is larger than {limit} bytes")
        return data

    def write(self, path: PurePosixPath, data: bytes) -> None:
        self._check_open()
        root, parts = self._locate(path, self.scratch)
        try:
            files.write_below(root, parts, data, self._owner)
        except OSError as error:
            raise SandboxError(f"cannot write {path}: {error}") from error

    def close(self) -> None:
        with self._lock:
            self._closed = True
            live = list(self._live)
        with ExitStack() as stack:
            stack.callback(remove_tree, self._folder)
            for process in live:
                stack.callback(process.kill)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _check_open(self) -> None:
        if self._closed:
            raise SandboxError("the sandbox is closed")

    def _forget(self, process: LocalProcess) -> None:
        with self._lock:
            self._live.discard(process)

    def _locate(self, path: PurePosixPath, *roots: PurePosixPath) -> tuple[Path, tuple[str, ...]]:
        host = {self.tree: self._rooms.host_tree, self.scratch: self._rooms.host_scratch}
        for root in roots:
            if path != root and path.is_relative_to(root) and ".." not in path.parts:
                return host[root], path.relative_to(root).parts
        raise SandboxError(f"{path} is not below {' or '.join(map(str, roots))}")

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
            "cwd": str(cwd or self.tree),
            "env": command_environment(self._path, self.scratch, env, one_core=cpu is not None),
            "namespaces": self._rooms.namespaces,
            "cpu": cpu,
            "rlimits": self._rlimits(limits),
        }

    def _rlimits(self, limits: Limits) -> dict[str, int]:
        """Data, for address space says little: runtimes reserve far more than they touch."""
        memory = limits.memory_mb * MIB
        rlimits = {
            "RLIMIT_DATA": memory,
            "RLIMIT_AS": 4 * memory,
            "RLIMIT_FSIZE": limits.file_mb * MIB,
            "RLIMIT_NOFILE": limits.open_files,
            "RLIMIT_CORE": 0,
        }
        if os.getuid() and not (self._family and self._family.limits_processes):
            rlimits["RLIMIT_NPROC"] = user_threads(os.getuid()) + limits.processes
        return rlimits

    def _place(self, limits: Limits) -> tuple[Group | None, Path]:
        """The control group of a new command, where there can be one, and the file that says who it is."""
        self._check_open()
        number = next(self._numbers)
        record = self._folder / "pids" / str(number)
        if self._family is None:
            return None, record
        name = f"{self._folder.name}-{number}"
        return self._family.create(name, memory=limits.memory_mb * MIB, processes=limits.processes), record

    def _launch(self, settings: Settings, limits: Limits, out: Sink, err: Sink) -> Launched:
        group, record = self._place(limits)
        return launch({**settings, "record": str(record)}, group, out, err)


def _feed(launched: Launched, data: bytes) -> threading.Thread:
    """Write in a thread of its own: a command may fill its output before it reads."""

    def write() -> None:
        stdin = launched.popen.stdin
        assert stdin is not None
        with suppress(BrokenPipeError), stdin:
            stdin.write(data)

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    return thread
