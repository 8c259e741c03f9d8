"""Suites run for real, in a local sandbox around a folder of test files."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from hotloop.repos.suites import REPORTERS, TestReport, suite_for
from hotloop.sandboxes.base import Environment, EnvironmentSpec, Sandbox
from hotloop.sandboxes.local import LocalBackend


def log(message: str) -> None:
    """Nobody reads along."""


@pytest.fixture(scope="session")
def backend(tmp_path_factory: pytest.TempPathFactory) -> LocalBackend:
    tools = tmp_path_factory.mktemp("tools")
    (tools / "reporters").mkdir()
    for script in REPORTERS.glob("*.py"):
        (tools / "reporters" / script.name).write_bytes(script.read_bytes())
    return LocalBackend(tools=tools, state_dir=tmp_path_factory.mktemp("state"))


@pytest.fixture(scope="session")
def environment(backend: LocalBackend, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return backend.prepare(EnvironmentSpec(), tmp_path_factory.mktemp("empty"), log)


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tree")


@pytest.fixture(scope="session")
def sandbox(backend: LocalBackend, environment: Environment, tree: Path) -> Iterator[Sandbox]:
    """One for all, for a new sandbox compiles pytest anew; each test has its own folder of the tree."""
    with backend.start(environment, tree, run_id=f"suites-{os.getpid()}", writable=True) as started:
        yield started


@pytest.fixture(scope="session")
def place_for(sandbox: Sandbox, tree: Path) -> Callable[[Mapping[str, str | bytes]], PurePosixPath]:
    """A new folder of the tree that holds these files, as seen in the sandbox."""

    def make(files: Mapping[str, str | bytes]) -> PurePosixPath:
        folder = Path(tempfile.mkdtemp(dir=tree))
        for name, content in files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)
        return sandbox.tree / folder.name

    return make


@pytest.fixture(scope="session")
def run_suite(
    sandbox: Sandbox, place_for: Callable[[Mapping[str, str | bytes]], PurePosixPath]
) -> Callable[..., TestReport]:
    """Run a test command in a folder with these files; `roots` are relative to it."""

    def run(command: str, files: Mapping[str, str | bytes], **options: Any) -> TestReport:
        place = place_for(files)
        roots = [place / root for root in options.pop("roots", ["."])]
        return suite_for(command).run(sandbox, cwd=place, import_roots=roots, **{"timeout": 60.0, **options})

    return run
