"""What every kind of test suite promises, and what they share."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Literal, Protocol

from hotloop.repos.suites.report import TestReport
from hotloop.sandboxes.base import Completed, Limits, Sandbox

TAIL = 4096  # characters kept of what the tests printed


Trace = Literal["functions"] | Collection[str] | None


class Suite(Protocol):
    """A test command, understood. Runs nothing before `run`."""

    evidence: str
    """What an outcome rests on, in words."""
    knows_tests: bool
    """Whether single tests can be chosen and traced."""

    @property
    def command(self) -> str:
        """As the user wrote it."""

    def run(
        self,
        sandbox: Sandbox,
        *,
        import_roots: Sequence[PurePosixPath],
        timeout: float,
        cwd: PurePosixPath | None = None,
        hash_seed: int = 0,
        select: Collection[str] | None = None,
        stop: bool = False,
        trace: Trace = None,
    ) -> TestReport:
        """Run the tests in `cwd`, by default the tree.

        import_roots: as paths inside the sandbox, first on the import path.
        timeout: seconds. select: only these test ids. stop: at the first failure.
        trace: what ran in each test goes into the report's `traced`: the tree's
        functions, or the lines of these files (relative to the tree). Where the
        kind of suite does not know tests (`knows_tests`), the last three change
        nothing. Raises SandboxError only; whatever the tests do is in the report.
        """


def private_folder(sandbox: Sandbox) -> PurePosixPath:
    """A new place in the scratch folder for each run: no run finds another's files."""
    return sandbox.scratch / f"tests-{uuid.uuid4().hex[:12]}"


def run_command(
    sandbox: Sandbox,
    command: Sequence[str],
    *,
    import_roots: Sequence[PurePosixPath],
    limits: Limits,
    cwd: PurePosixPath | None,
    hash_seed: int,
    env: Mapping[str, str],
    stdin: bytes = b"",
) -> Completed:
    environment = {"PYTHONHASHSEED": str(hash_seed), **env}
    if import_roots:
        named = filter(None, [env.get("PYTHONPATH")])
        environment["PYTHONPATH"] = ":".join([*map(str, import_roots), *named])
    return sandbox.run(command, cwd=cwd, env=environment, limits=limits, stdin=stdin)


def tail_of(printed: bytes) -> str:
    """The end of the output, without what a terminal would obey."""
    text = printed.decode("utf-8", "replace")[-TAIL:]
    return "".join(c if c.isprintable() or c in "\n\t" else "�" for c in text)
