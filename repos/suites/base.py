"""What every kind of test suite promises, and what they share."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Protocol

from hotloop.repos.suites.report import TestReport
from hotloop.sandboxes.base import Completed, Limits, Sandbox

TAIL = 4096  # characters kept of what the tests printed


class Suite(Protocol):
    """A test command, understood. Runs nothing before `run`."""

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
    ) -> TestReport:
        """Run the tests in `cwd`, by default the tree.

        import_roots: as paths inside the sandbox, first on the import path.
        timeout: seconds. select: only these test ids, where the kind of suite
        knows ids (pytest, unittest); the others run everything. Raises
        SandboxError only; whatever the tests do is in the report.
        """


def private_folder(sandbox: Sandbox) -> PurePosixPath:
    """A new place in the scratch folder for each run: no run finds another's files."""
    return sandbox.scratch / f"tests-{uuid.uuid4().hex[:12]}"


def run_command(
    sandbox: Sandbox,
    command: Sequence[str],
    *,
    import_roots: Sequence[PurePosixPath],
    timeout: float,
    cwd: PurePosixPath | None,
    hash_seed: int,
    env: Mapping[str, str],
) -> Completed:
    environment = {
        "PYTHONHASHSEED": str(hash_seed),
        **env,
        "PYTHONPATH": ":".join([*map(str, import_roots), *filter(None, [env.get("PYTHONPATH")])]),
    }
    return sandbox.run(command, cwd=cwd, env=environment, limits=Limits(seconds=timeout, file_mb=4096))


def write_config(sandbox: Sandbox, folder: PurePosixPath, config: Mapping[str, object]) -> PurePosixPath:
    path = folder / "config.json"
    sandbox.write(path, json.dumps(config).encode("ascii"))
    return path


def tail_of(done: Completed) -> str:
    """The end of the output, without what a terminal would obey."""
    text = done.text()[-TAIL:]
    return "".join(c if c.isprintable() or c in "\n\t" else "�" for c in text)
