"""Suites that run under one of our reporters: pytest and unittest."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import PurePosixPath

from hotloop.repos.suites.base import Trace, private_folder, run_command
from hotloop.repos.suites.challenge import Challenge, draw
from hotloop.repos.suites.records import LARGEST, read_report
from hotloop.repos.suites.report import TestReport
from hotloop.sandboxes.base import Limits, Sandbox


@dataclass(frozen=True)
class _Reported:
    """arguments: what follows `pytest` or `python -m unittest`. env: assignments before the command."""

    command: str
    arguments: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    add_cwd: bool = True

    reporter = ""
    evidence = "each test's own outcome, signed, with tests of Hotloop's among them"
    knows_tests = True

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
        challenge = draw()
        env = dict(self.env)
        named = env.pop("PYTHONPATH", "").split(":")
        order = {
            **self._order(sandbox, challenge),
            "roots": [*map(str, import_roots), *filter(None, named)],
            "select": None if select is None else sorted(select),
            "stop": stop,
            "trace": trace if trace is None or trace == "functions" else sorted(trace),
        }
        done = run_command(
            sandbox,
            [sandbox.environment.python, str(sandbox.tools / "reporters" / self.reporter)],
            import_roots=(),  # the reporter adds them once it has read its order
            limits=Limits(seconds=timeout, file_mb=4096, output_bytes=LARGEST),
            cwd=cwd,
            hash_seed=hash_seed,
            env=env,
            stdin=json.dumps(order).encode("ascii"),
        )
        return read_report(done, challenge)

    def _order(self, sandbox: Sandbox, challenge: Challenge) -> dict[str, object]:
        return {
            "key": challenge.key,
            "sentinels": [asdict(sentinel) for sentinel in challenge.sentinels],
            "arguments": [*self.arguments, *self.own_arguments(private_folder(sandbox))],
            "add_cwd": self.add_cwd,
            "tree": str(sandbox.tree),
        }

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
