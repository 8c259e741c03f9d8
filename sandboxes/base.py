"""What every sandbox promises.

A *backend* prepares an environment once (interpreter, installed packages) and
starts any number of sandboxes in it, each around one tree. Code inside sees
its tree, a private scratch folder and Hotloop's tools, at the same paths
whatever tree it is: a path must never tell base from candidate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Protocol, Self

Log = Callable[[str], None]


@dataclass(frozen=True)
class Limits:
    """What one command may use. A breach ends the command, never Hotloop.

    seconds: wall clock; past it the whole process tree is killed and the
        result has `timed_out`.
    memory_mb: MiB, for all that the command starts together where there is a control
        group or a container, and for each process where there is none.
    processes: most processes and threads at one time, where the backend can
        hold that (see `Capabilities`).
    output_bytes: most bytes kept of stdout and of stderr, each; the middle of
        longer output is dropped while reading and the result has `truncated`.
    file_mb: MiB, the largest file a process may write.
    open_files: most files a process may have open at one time.
    """

    seconds: float = 120.0
    memory_mb: int = 4096
    processes: int = 256
    output_bytes: int = 1 << 20
    file_mb: int = 1024
    open_files: int = 4096


@dataclass(frozen=True)
class Capabilities:
    """What a backend can hold; what needs a missing one refuses to run there."""

    isolates_network: bool
    isolates_files: bool
    limits_memory: bool
    limits_processes: bool
    limits_disk: bool
    """All that is written to the scratch folder is bounded, not only each file."""
    same_path: bool
    """Base and candidate trees appear at one path."""
    counts_children: bool
    """The CPU clock includes child processes (a control group's clock)."""


@dataclass(frozen=True)
class EnvironmentSpec:
    """What the target needs in order to run.

    python: interpreter as a path or a version such as "3.10"; None for the
        backend's default.
    commands: shell commands run in order, with network, in a copy of the base
        tree, with the environment's `python` and `pip` first on PATH.
    image, dockerfile: docker only; at most one of them.
    files: all of the base tree that commands and the Dockerfile can read, files and folders
        relative to it; the whole tree when empty.
    """

    python: str | None = None
    commands: tuple[str, ...] = ()
    image: str | None = None
    dockerfile: Path | None = None
    files: tuple[PurePosixPath, ...] = ()


@dataclass(frozen=True)
class Environment:
    """A prepared environment. Immutable; shared by all sandboxes of a run.

    python: the interpreter's path as seen inside a sandbox.
    version: of that interpreter, e.g. (3, 11).
    identity: what it was made from, stable across runs.
    reference: the backend's own handle (an image id, a folder).
    bytecode: where its modules' bytecode is kept for all sandboxes; empty where each compiles for itself.
    """

    backend: str
    python: str
    version: tuple[int, int]
    identity: str
    reference: str
    bytecode: str = ""


@dataclass(frozen=True)
class Completed:
    """A command that ended, however it ended. Never an exception.

    exit_code: negative is the signal that ended it (-9: SIGKILL).
    """

    exit_code: int
    stdout: bytes
    stderr: bytes
    seconds: float
    timed_out: bool = False
    truncated: bool = False

    @property
    def ok(self) -> bool:
        return self.exit_code == 0 and not self.timed_out

    def text(self) -> str:
        """Both streams, decoded with replacement, stdout first."""
        return (self.stdout + self.stderr).decode("utf-8", "replace")


@dataclass(frozen=True)
class Ended:
    """A `Process` that ended by itself. output: what was left to read of its stdout.

    exit_code: negative is the signal that ended it. seen_ns: `time.perf_counter_ns()`
    when its end was seen.
    """

    exit_code: int
    output: bytes
    seen_ns: int


@dataclass(frozen=True)
class Activity:
    """What a `Process` and all it started are at.

    processes, threads: how many there are in all. delay_ns: how long the processes' first
    threads were ready to run and had no core, those included that were seen before
    they ended; 0 where the kernel does not count it.
    """

    processes: int
    threads: int
    delay_ns: int


class ProcessEnded(Exception):
    """The other end of a `Process` is gone. A result, not an infrastructure failure."""


class ProcessTimeout(Exception):
    """A `Process` did not answer in time. It has been killed."""


class Process(Protocol):
    """A live process with pipes, and a clock that it cannot touch."""

    clock: str
    """"cgroup-v1", "cgroup-v2", "engine" (all count children) or "process"."""

    def send(self, data: bytes) -> None:
        """Write to its stdin. Raises ProcessEnded."""

    def read_line(self, seconds: float, limit: int) -> bytes:
        """One line of its stdout, without the newline.

        Raises ProcessTimeout after `seconds`, ProcessEnded at end of file or
        when a line is longer than `limit` bytes (it is killed then).
        """

    def wait(self, seconds: float, limit: int) -> Ended:
        """Until it has ended by itself; then all that it started is killed.

        CPU time and peak memory can be read afterwards. Raises ProcessTimeout
        after `seconds`, and ProcessEnded when more than `limit` bytes of stdout
        were left to read: the rest is dropped, and it runs to its end.
        """

    def cpu_ns(self) -> int:
        """CPU time used so far by it and all it started, in nanoseconds.

        Read from outside. Raises SandboxError when what is read can no longer
        be shown to be this process (pid reused, left its control group).
        """

    def activity(self) -> Activity:
        """Read from outside, like the clock."""

    def pin(self, cpu: int) -> bool:
        """Keep all its threads and processes on that core from now on; False where we cannot from outside."""

    def migrations(self) -> int:
        """How often its living threads were moved between cores so far; 0 where the kernel does not say."""

    def has_children(self) -> bool:
        """Whether any process other than the one that was started lives in it."""

    def peak_memory(self) -> int:
        """Largest resident size so far, in bytes; 0 where unknown."""

    def stderr_tail(self) -> str:
        """The last 4 KiB of its stderr, decoded with replacement."""

    def kill(self) -> None:
        """End it and everything it started, and wait for that. Safe twice."""


class Sandbox(Protocol):
    """One tree in one environment. A context manager; `close` is safe twice.

    Every method raises SandboxError when the sandbox itself is broken or
    closed. Safe to use from several threads.
    """

    tree: PurePosixPath
    """The tree, as commands inside see it."""
    scratch: PurePosixPath
    """Private, writable and empty at the start; HOME and TMPDIR are below it."""
    private: tuple[PurePosixPath, ...]
    """Every folder in which commands can leave files for each other and that is this sandbox's alone."""
    tools: PurePosixPath
    """Hotloop's own runner files, read-only."""
    environment: Environment

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: PurePosixPath | None = None,
        env: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        stdin: bytes = b"",
    ) -> Completed:
        """Run to the end. `cwd` defaults to the tree.

        The environment is scrubbed: PATH, HOME, TMPDIR, LANG and `env`.
        The whole process tree is gone when this returns.
        """

    def spawn(
        self,
        command: Sequence[str],
        *,
        cwd: PurePosixPath | None = None,
        env: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        cpu: int | None = None,
    ) -> Process:
        """Start and return at once; `cpu` pins it to that core from its first instruction."""

    def read(self, path: PurePosixPath, limit: int = 1 << 24) -> bytes:
        """A regular file below the tree or the scratch folder, links not followed.

        Raises FileNotFoundError, or SandboxError past `limit` bytes.
        """

    def write(self, path: PurePosixPath, data: bytes) -> None:
        """Write a file below the scratch folder, making its folders."""

    def close(self) -> None:
        """Kill everything inside and remove the scratch folder."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Backend(Protocol):
    """Makes environments and sandboxes. Constructing one checks nothing; `check` does."""

    name: str
    capabilities: Capabilities

    def check(self) -> None:
        """Raise UsageError, with the remedy, if this backend cannot work here."""

    def prepare(self, spec: EnvironmentSpec, base_tree: Path, log: Log) -> Environment:
        """Build, or find, the environment. `base_tree` is copied, never changed.

        Raises UsageError when a command of the spec fails (its last lines are
        in the message), SandboxError when the engine does.
        """

    def start(self, environment: Environment, tree: Path, *, run_id: str, writable: bool = False) -> Sandbox:
        """A sandbox around `tree`.

        With `writable` the sandbox takes the folder over (its owner may
        change) and code inside may write there; otherwise it is read-only
        where the backend can hold that.
        """

    def warm(self, environment: Environment, *, run_id: str) -> None:
        """Start sandboxes of this run ahead from here on, where starting one takes long; `reap` ends that.

        What has waited is as new when it is handed out, and is so once.
        """

    def reap(self, run_id: str) -> int:
        """Remove all that a dead run left behind; how many things that was."""
