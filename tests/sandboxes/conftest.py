"""The backends that every promise of `hotloop.sandboxes.base` is checked on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hotloop.agent import doctor
from hotloop.errors import UsageError
from hotloop.sandboxes import registry
from hotloop.sandboxes.base import Backend, Environment, EnvironmentSpec, Log, Sandbox
from hotloop.sandboxes.bubblewrap import BubblewrapBackend
from hotloop.sandboxes.docker import DockerBackend
from hotloop.sandboxes.local import LocalBackend


class BareLocalBackend(LocalBackend):
    """On a machine where no control group may be made: a supervisor and the process's own clock."""

    _family = None


class BareBubblewrapBackend(BubblewrapBackend):
    """As above: limits for each process, and the process's own clock."""

    _family = None


BACKENDS = {
    "local": LocalBackend,
    "local-bare": BareLocalBackend,
    "bubblewrap": BubblewrapBackend,
    "bubblewrap-bare": BareBubblewrapBackend,
    "docker": DockerBackend,
}


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tools")
    (folder / "hello.py").write_text("print('hello from the tools')\n")
    return folder


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shared, so that what one backend has built another finds."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture(
    scope="session",
    params=[pytest.param(name, marks=pytest.mark.docker if name == "docker" else ()) for name in BACKENDS],
)
def backend(request: pytest.FixtureRequest, tools: Path, state: Path) -> Backend:
    made: Backend = BACKENDS[request.param](tools, state)
    made.check()
    return made


@pytest.fixture(scope="session")
def environment(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Made from no commands."""
    return backend.prepare(EnvironmentSpec(), tmp_path_factory.mktemp("empty"), lambda message: None)


@pytest.fixture
def prepare(backend: Backend) -> Iterator[Callable[..., Environment]]:
    """`Backend.prepare`, for environments that are removed after the test."""
    made: list[Environment] = []

    def build(spec: EnvironmentSpec, tree: Path, log: Log = lambda message: None) -> Environment:
        made.append(backend.prepare(spec, tree, log))
        return made[-1]

    yield build
    if isinstance(backend, DockerBackend):
        images = backend._client.images
        for reference in {environment.reference for environment in made}:
            built = images.get(reference).labels.get("hotloop.built")
            images.remove(reference, force=True)
            if built:
                images.remove(f"hotloop-built:{built}", force=True)


@pytest.fixture(scope="session")
def make_tree(tmp_path_factory: pytest.TempPathFactory) -> Callable[[dict[str, str]], Path]:
    """A new tree with these files."""

    def make(files: dict[str, str]) -> Path:
        tree = tmp_path_factory.mktemp("tree")
        for name, text in files.items():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_text(text)
        return tree

    return make


@pytest.fixture(scope="session")
def start(backend: Backend, environment: Environment) -> Callable[..., Sandbox]:
    """Start a sandbox around a tree."""

    def begin(tree: Path, *, run_id: str = "conformance", writable: bool = False) -> Sandbox:
        return backend.start(environment, tree, run_id=run_id, writable=writable)

    return begin


@pytest.fixture(scope="session")
def sandbox(start: Callable[..., Sandbox], make_tree: Callable[..., Path]) -> Iterator[Sandbox]:
    """One for all tests that can share it: none of them may leave a mark on the next."""
    with start(make_tree({"program.py": "print('ran')\n", "package/data.txt": "data"})) as started:
        yield started


@pytest.fixture
def holds(backend: Backend, record_property: Callable[[str, object], None]) -> Callable[[str], bool]:
    """Whether the backend says that it holds this. Where it does not, what needs it must refuse."""

    def ask(promise: str) -> bool:
        held: bool = getattr(backend.capabilities, promise)
        if not held:
            record_property("held", "no")
            report = doctor.look_at_sandbox(backend)
            assert report.capabilities is not None
            lacks = [name for name, has in report.capabilities.items() if not has]
            assert promise in lacks
            assert sum(finding.what.startswith(f"{backend.name}: ") for finding in report.findings) >= len(
                lacks
            )
            if promise in registry.NEEDED_BY_UNTRUSTED_CODE:
                with pytest.raises(UsageError, match=promise):
                    registry.require_walls(backend)
        return held

    return ask
