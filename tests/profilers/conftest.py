"""Workloads in real processes: the local sandbox, with the runner as a run lays it out."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from hotloop.profilers.compare import MeasureSettings
from hotloop.profilers.engines.base import SIDES, Cost, Plan, ProcessPair, Track
from hotloop.profilers.summary import summarize
from hotloop.profilers.verdict import Verdict
from hotloop.profilers.workload import RUNNER, Workload
from hotloop.sandboxes.base import EnvironmentSpec, Sandbox
from hotloop.sandboxes.local import LocalBackend

MakeSandbox = Callable[[dict[str, str]], Sandbox]


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> LocalBackend:
    tools = tmp_path_factory.mktemp("tools")
    shutil.copytree(RUNNER, tools / "runner", ignore=shutil.ignore_patterns("__pycache__"))
    made = LocalBackend(tools, tmp_path_factory.mktemp("state"))
    made.check()
    return made


@pytest.fixture
def sandbox_of(local: LocalBackend, tmp_path: Path) -> Iterator[MakeSandbox]:
    """A sandbox around a new tree with these files."""
    environment = local.prepare(EnvironmentSpec(), tmp_path, lambda message: None)
    with ExitStack() as stack:
        count = iter(range(100))

        def make(files: dict[str, str]) -> Sandbox:
            tree = tmp_path / f"tree-{next(count)}"
            for name, text in {"pkg/__init__.py": "", **files}.items():
                (tree / name).parent.mkdir(parents=True, exist_ok=True)
                (tree / name).write_text(textwrap.dedent(text))
            return stack.enter_context(local.start(environment, tree, run_id="profilers-test"))

        yield make


@pytest.fixture(scope="session")
def workload_of() -> Callable[..., Workload]:
    """A workload with this source, whose package is `pkg` at the top of the tree."""

    def make(source: str, **options: Any) -> Workload:
        return Workload(
            source=textwrap.dedent(source),
            path=PurePosixPath("bench.py"),
            roots=(PurePosixPath(),),
            modules=("pkg",),
            **{"call_timeout": 20.0, **options},
        )

    return make


@pytest.fixture
def some_verdict() -> Verdict:
    """Of five made process pairs whose sides are alike, one call of 1 ms in each."""
    cost = Cost(setup=0, call=1_000_000, digest=0, idle=0, wall=1_000_000)
    pair = ProcessPair(
        {side: Track(load=1_000_000, costs=[cost]) for side in SIDES}, None, (), clock="process"
    )
    settings = MeasureSettings(
        min_speedup=1.0, confidence=0.98, max_seconds=1.0, max_regression=1.5, varies=True, seed=1
    )
    return summarize([pair] * 5, Plan(batch=1, rounds=1), settings, 1.0)
