"""Suites that run under one of our reporters: pytest and unittest."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from hotloop.repos.suites.base import private_folder, run_command, write_config
from hotloop.repos.suites.records import read_report
from hotloop.repos.suites.report import TestReport
from hotloop.sandboxes.base import Sandbox


@dataclass(frozen=True)
class _Reported:
    """arguments: what follows `pytest` or `python -m unittest`. env: assignments before the command."""

    command: str
    arguments: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    add_cwd: bool = True

    reporter = ""

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
        folder = private_folder(sandbox)
        output = folder / "report.jsonl"
        config = {
            "output": str(output),
            "arguments": [*self.arguments, *self.own_arguments(folder)],
            "add_cwd": self.add_cwd,
            "select": None if select is None else sorted(select),
        }
        script = sandbox.tools / "reporters" / self.reporter
        command = [sandbox.environment.python, str(script), str(write_config(sandbox, folder, config))]
        done = run_command(
            sandbox,
            command,
            import_roots=import_roots,
            timeout=timeout,
            cwd=cwd,
            hash_seed=hash_seed,
            env=self.env,
        )
        return read_report(sandbox, output, done)

    def own_arguments(self, folder: PurePosixPath) -> list[str]:
        return []


@dataclass(frozen=True)
class PytestSuite(_Reported):
    reporter = "pytest_reporter.py"

    def own_arguments(self, folder: PurePosixPath) -> list[str]:
        """The cache moves out of the tree (tests may use its fixture); an installed shuffler is left out."""
        shuffles = any("random" in argument for argument in self.arguments)
        return ["-o", f"cache_dir={folder / 'cache'}", *([] if shuffles else ["-p", "no:randomly"])]


@dataclass(frozen=True)
class UnittestSuite(_Reported):
    reporter = "unittest_reporter.py"
