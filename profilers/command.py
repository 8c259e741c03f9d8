"""A command that is timed, and one run of it. Any language, any number of processes."""

from __future__ import annotations

import hashlib
import re
import shlex
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from hotloop.profilers.errors import ProfilerError
from hotloop.profilers.workload import Output, Workload, WorkloadFailure
from hotloop.sandboxes.base import Limits, ProcessEnded, ProcessTimeout, Sandbox
from hotloop.sandboxes.launching import Settings, pack_settings

OUTPUT_LIMIT = 64 << 20
BYTECODE_LIMIT = 64 << 20
READY_SECONDS = 60.0
READY_LIMIT = 4096
LINES_SHOWN = 400
STDOUT = "stdout (it differs from run to run)"
"""What is said not to be compared where that is so."""

_PYTHON = re.compile(r"python[0-9.]*\Z")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_BARE_FLAG = re.compile(r"-[BbdEIiOPqsSuv]+\Z")


@dataclass(frozen=True)
class CommandWorkload:
    """A shell command, run in `cwd` (relative to the tree) of a tree that it cannot write to.

    Its output is its exit status and stdout. HOTLOOP_SEED is a number that differs from
    process pair to process pair and is the same on both sides, for a command that wants
    fresh inputs. HOME and TMPDIR are empty in each run.
    """

    command: str
    cwd: PurePosixPath
    call_timeout: float = 60.0
    memory_mb: int = 4096

    @property
    def path(self) -> None:
        """It is no file of the tree."""

    @property
    def source(self) -> str:
        """The program that is timed, for those who read it."""
        return f"$ {self.command}"


AnyWorkload = Workload | CommandWorkload


@dataclass(frozen=True)
class CommandRun:
    """One finished run. cpu_ns: of all its processes. peak_memory: bytes, as far as seen.

    delay_ns: how long others kept it from a core. ended_ns: on the clock of `perf_counter_ns`.
    """

    exit_code: int
    stdout: bytes
    stderr: str
    cpu_ns: int
    wall_ns: int
    peak_memory: int
    ended_ns: int
    delay_ns: int
    clock: str

    def failure(self) -> WorkloadFailure | None:
        """What is wrong with it, if it must succeed."""
        if self.exit_code == 0:
            return None
        said = (self.stderr or self.stdout[-2000:].decode("utf-8", "replace")).strip().splitlines()
        return WorkloadFailure("run", f"exit status {self.exit_code}{': ' if said else ''}{_last(said)}")

    def output(self, compared: bool) -> Output:
        """For comparing; without its stdout where that differs from run to run anyway."""
        shown = self.stdout if compared else b""
        lines = shown.split(b"\n", LINES_SHOWN)[:LINES_SHOWN]
        leaves = [("exit status", str(self.exit_code))]
        leaves += [(f"stdout line {n}", _text(line)) for n, line in enumerate(lines, 1)]
        digest = hashlib.sha256(b"%d\n" % self.exit_code + shown).hexdigest()
        return Output(digest=digest, nothing=False, leaves=tuple(leaves))


def _text(line: bytes) -> str:
    return line[:200].decode("utf-8", "replace")


def _last(lines: list[str]) -> str:
    return lines[-1][:500] if lines else ""


class CommandProcess:
    """A fresh process on its way to the start line: `make_ready`, `go`, `finish`. Raises WorkloadFailure.

    Until it is made ready it touches nothing that another run in its sandbox may use.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        workload: CommandWorkload,
        *,
        seed: int,
        cpu: int | None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._workload, self._sandbox = workload, sandbox
        self._delay = self._cpu = self._begun = 0
        self.process = sandbox.spawn(
            [sandbox.environment.python, "-I", "-S", str(runner(sandbox)), "hold"],
            # The hash seed follows: a command that only depends on it repeats within a pair.
            env={"HOTLOOP_SEED": str(seed), "PYTHONHASHSEED": str(seed % (1 << 32)), **(env or {})},
            limits=Limits(seconds=3600.0, memory_mb=workload.memory_mb),
            cpu=cpu,
        )

    def make_ready(self, bytecode: bytes = b"") -> None:
        """Empty what earlier runs left, lay out `bytecode`. Raises ProfilerError where that fails."""
        request: Settings = {
            "command": self._workload.command,
            "cwd": str(self._sandbox.tree / self._workload.cwd),
            "private": [str(folder) for folder in self._sandbox.private],
            "bytecode": bytecode,
        }
        try:
            self.process.send(pack_settings(request))
            self.process.read_line(READY_SECONDS, READY_LIMIT)
        except (ProcessEnded, ProcessTimeout) as error:
            self.process.kill()
            tail = self.process.stderr_tail().strip().splitlines()
            raise ProfilerError(f"the command could not be made ready: {_last(tail) or error}") from error
        self._delay = self.process.activity().delay_ns
        self._cpu = self.process.cpu_ns()

    def go(self) -> int:
        """Start the command; `time.perf_counter_ns()` of that moment."""
        self._begun = time.perf_counter_ns()
        try:
            self.process.send(b"\n")
        except ProcessEnded as error:
            raise ProfilerError("a process died at the start line") from error
        return self._begun

    def finish(self) -> CommandRun:
        try:
            ended = self.process.wait(self._workload.call_timeout, OUTPUT_LIMIT)
        except ProcessTimeout as error:
            raise WorkloadFailure("run", f"no end in {self._workload.call_timeout:g} s") from error
        except ProcessEnded as error:
            raise WorkloadFailure("run", f"more than {OUTPUT_LIMIT >> 20} MiB of output") from error
        return CommandRun(
            exit_code=ended.exit_code,
            stdout=ended.output,
            stderr=self.process.stderr_tail(),
            cpu_ns=self.process.cpu_ns() - self._cpu,
            wall_ns=ended.seen_ns - self._begun,
            peak_memory=self.process.peak_memory(),
            ended_ns=ended.seen_ns,
            delay_ns=self.process.activity().delay_ns - self._delay,
            clock=self.process.clock,
        )

    def close(self) -> None:
        self.process.kill()


def run_once(
    sandbox: Sandbox,
    workload: CommandWorkload,
    *,
    seed: int,
    cpu: int | None = None,
    bytecode: bytes = b"",
) -> CommandRun:
    """One run by itself. Raises WorkloadFailure when it does not end or floods us."""
    process = CommandProcess(sandbox, workload, seed=seed, cpu=cpu)
    try:
        process.make_ready(bytecode)
        process.go()
        return process.finish()
    finally:
        process.close()


def compiled_modules(sandbox: Sandbox, workload: CommandWorkload) -> bytes:
    """What the Python modules of the command's last run compile to, so that no run compiles them again.

    Compiled by us, for bytecode that the target wrote may hold a result. Empty where the
    command is no Python, or too large.
    """
    output = sandbox.scratch / "bytecode"
    done = sandbox.run(
        [sandbox.environment.python, "-I", "-S", str(runner(sandbox)), "compile", str(output)],
        limits=Limits(seconds=120.0, memory_mb=workload.memory_mb),
    )
    if not done.ok:
        raise ProfilerError(f"modules could not be compiled: {_last(done.text().strip().splitlines())}")
    return sandbox.read(output, BYTECODE_LIMIT)


def runner(sandbox: Sandbox) -> PurePosixPath:
    return sandbox.tools / "runner" / "hotloop_command.py"


def startup_of(command: str) -> str | None:
    """The command that only starts the Python interpreter which `command` starts first; None for others.

    `env`, `exec` and assignments before it are passed over, flags without a value are kept.
    """
    try:
        words = shlex.split(command)
    except ValueError:
        return None
    rest = _skip_prefix(iter(words))
    first = next(rest, "")
    if not _PYTHON.match(PurePosixPath(first).name):
        return None
    flags = []
    for word in rest:
        if not _BARE_FLAG.match(word):
            break
        flags.append(word)
    return shlex.join([first, *flags, "-c", "pass"])


def _skip_prefix(words: Iterator[str]) -> Iterator[str]:
    begun = False
    for word in words:
        begun = begun or not (word in {"env", "exec"} or _ASSIGNMENT.match(word))
        if begun:
            yield word
