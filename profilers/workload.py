"""The program that is timed, and the live process that calls it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from hotloop.profilers.errors import ProfilerError
from hotloop.sandboxes.base import Limits, Process, ProcessEnded, ProcessTimeout, Sandbox

RUNNER = Path(__file__).parent / "runner"
"""Files that a sandbox must offer as `tools / "runner"`."""

REPLY_LIMIT = 64 << 20
TEXT_LIMIT = 2000


@dataclass(frozen=True)
class Workload:
    """What to call and where its imports come from.

    source: the file's text, sent to the process and never stored where target
    code could change it. path: what it calls itself, relative to the tree.
    roots: import roots relative to the tree. modules: top-level names that
    belong to the repository. tolerance: relative, for floats; 0 compares bits.
    size: what `setup(seed, size)` is asked for; None for its own default.
    """

    source: str
    path: PurePosixPath
    roots: tuple[PurePosixPath, ...]
    modules: tuple[str, ...]
    tolerance: float = 0.0
    call_timeout: float = 60.0
    memory_mb: int = 4096
    size: int | None = None

    def request(self, sandbox: Sandbox) -> dict[str, Any]:
        """What a runner needs to load it in `sandbox`."""
        return {
            "source": self.source,
            "path": str(sandbox.tree / self.path),
            "roots": [str(sandbox.tree / root) for root in self.roots],
            "size": self.size,
        }


class WorkloadFailure(Exception):
    """The workload broke on one side: a result about that side, not a failure of ours."""

    def __init__(self, phase: str, message: str) -> None:
        super().__init__(f"{phase}: {message}")
        self.phase = phase
        self.message = message


class ForeignCode(ProfilerError):
    """Code was loaded from outside the tree under test; nothing may be concluded from it."""


@dataclass(frozen=True)
class Output:
    """One call's result as the other side of a pipe may know it."""

    digest: str
    nothing: bool
    raised: str | None = None
    floats: tuple[float, ...] | None = None
    leaves: tuple[tuple[str, str], ...] = ()


class RunnerProcess:
    """A fresh process of one of our runners, asked for one thing at a time.

    Every request raises WorkloadFailure when the target code is to blame: it
    raised, hung, died, or answered with something that is no answer.
    timeout: seconds for one answer.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        runner: str,
        *,
        hash_seed: int,
        timeout: float,
        memory_mb: int,
        cpu: int | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.timeout = timeout
        self._tree = sandbox.tree
        self.process: Process = sandbox.spawn(
            [sandbox.environment.python, str(sandbox.tools / "runner" / runner)],
            env={"PYTHONHASHSEED": str(hash_seed), **(env or {})},
            limits=Limits(seconds=3600.0, memory_mb=memory_mb),
            cpu=cpu,
        )

    def check_modules(self, modules: Sequence[str]) -> int:
        """Every loaded module under these top-level names lies in the tree; how many there are.

        Raises ForeignCode otherwise: then other code ran than the one written.
        """
        rows = items(self.ask("loaded", modules=list(modules)), "modules")
        for row in rows:
            if not isinstance(row, list) or len(row) != 2:
                raise WorkloadFailure("loaded", "the runner's answer was malformed")
            name, path = str(row[0])[:200], PurePosixPath(str(row[1])[:1000])
            if not path.is_relative_to(self._tree):
                raise ForeignCode(
                    f"module {name} was loaded from {path}, outside the tree under test; "
                    "is the package also installed in the target's environment?"
                )
        return len(rows)

    def close(self) -> None:
        self.process.kill()

    def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        self.send(op, **fields)
        return self.receive(op)

    def send(self, op: str, **fields: Any) -> None:
        """Without waiting for the answer, which `receive` must take before the next request."""
        try:
            self.process.send(json.dumps({"op": op, **fields}).encode() + b"\n")
        except ProcessEnded as error:
            raise WorkloadFailure(op, self._end()) from error

    def receive(self, op: str) -> dict[str, Any]:
        try:
            line = self.process.read_line(self.timeout, REPLY_LIMIT)
            reply = json.loads(line)
        except ProcessTimeout as error:
            raise WorkloadFailure(op, f"no answer in {self.timeout:g} s") from error
        except ProcessEnded as error:
            raise WorkloadFailure(op, self._end()) from error
        except (ValueError, RecursionError) as error:
            raise WorkloadFailure(op, "the answer was not JSON") from error
        if not isinstance(reply, dict) or reply.get("ok") is not True:
            raise WorkloadFailure(op, error_text(reply))
        return reply

    def _end(self) -> str:
        tail = self.process.stderr_tail().strip().splitlines()[-1:]
        return f"the process ended {''.join(tail)}".strip()


class WorkloadProcess(RunnerProcess):
    """A fresh process with the workload loaded."""

    def __init__(
        self,
        sandbox: Sandbox,
        workload: Workload,
        *,
        hash_seed: int,
        cpu: int | None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(
            sandbox,
            "hotloop_worker.py",
            hash_seed=hash_seed,
            timeout=workload.call_timeout,
            memory_mb=workload.memory_mb,
            cpu=cpu,
            env=env,
        )
        self._workload = workload
        self._request = workload.request(sandbox)
        self.uncompared: set[str] = set()
        self.default_size: int | None = None

    def ready(self) -> None:
        """Wait until the interpreter has started; its start-up is nobody's cost."""
        self.ask("ready")

    def load(self) -> str:
        """Import the workload; which of the accepted forms it is.

        Afterwards `default_size` is the size it takes of itself; None where it takes none.
        """
        reply = self.ask("import", **self._request, floats_apart=self._workload.tolerance > 0)
        size = reply.get("size")
        self.default_size = size if type(size) is int and 0 < size < 1 << 40 else None
        return str(reply.get("kind"))[:20]

    def setup(self, seeds: list[int]) -> None:
        self.ask("setup", seeds=seeds)

    def call(self) -> None:
        self.ask("call")

    def digest(self, thorough: bool = False) -> list[Output]:
        """Outputs of the last call, one for each seed.

        thorough: also what the call left of its arguments, and readable values;
        digests of the two kinds cannot be compared with each other.
        """
        reply = self.ask("digest", leaves=thorough, states=thorough)
        self.uncompared.update(str(name)[:200] for name in items(reply, "uncompared"))
        try:
            return [output_of(row) for row in items(reply, "rows")]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise WorkloadFailure("digest", "the runner's answer was malformed") from error

    def check_loaded(self) -> int:
        """As `check_modules`, for the repository's modules."""
        return self.check_modules(self._workload.modules)


def items(reply: dict[str, Any], key: str) -> list[Any]:
    """The list under `key` of an answer; empty where there is none."""
    value = reply.get(key, [])
    if not isinstance(value, list):
        raise WorkloadFailure(key, "the runner's answer was malformed")
    return value


def output_of(row: dict[str, Any]) -> Output:
    """A row of an answer. Raises AttributeError, KeyError, TypeError or ValueError where it is none."""
    floats = row.get("floats")
    raised = row.get("raised")
    return Output(
        digest=str(row["digest"])[:64],
        nothing=bool(row["nothing"]),
        raised=None if raised is None else error_text({"error": raised}),
        floats=None if floats is None else tuple(float.fromhex(value) for value in floats),
        leaves=tuple((str(path)[:200], str(text)[:200]) for path, text in row.get("leaves", ())),
    )


def error_text(reply: Any) -> str:
    """The exception that an answer tells of, bounded."""
    error = reply.get("error") if isinstance(reply, dict) else None
    if not isinstance(error, dict):
        return "the runner's answer was malformed"
    text = f"{error.get('type')}: {error.get('text')}"[:TEXT_LIMIT]
    where = str(error.get("where") or "")[:300]
    return f"{text} ({where})" if where else text
