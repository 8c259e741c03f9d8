"""Sandboxes that are started ahead."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hotloop.sandboxes import docker_tree
from hotloop.sandboxes.base import Backend, Environment, Sandbox
from hotloop.sandboxes.docker import DockerBackend
from hotloop.sandboxes.errors import SandboxError
from hotloop.sandboxes.pool import Pool


class Factory:
    """Makes numbers, and remembers which were ended."""

    def __init__(self) -> None:
        self.made: list[int] = []
        self.ended: list[int] = []
        self.broken: set[int] = set()
        self.fails = False
        self.may_make = threading.Event()
        self.may_make.set()

    def make(self) -> int:
        self.may_make.wait(10.0)
        if self.fails:
            raise SandboxError("no engine")
        self.made.append(len(self.made))
        return self.made[-1]

    def pool(self, size: int = 2) -> Pool[int]:
        return Pool(self.make, lambda number: number not in self.broken, self.ended.append, size)


@pytest.fixture
def factory() -> Factory:
    return Factory()


def filled(pool: Pool[int]) -> Pool[int]:
    pool.refill()
    assert pool.wait(10.0)
    return pool


def test_nothing_is_made_before_it_is_asked_for(factory: Factory) -> None:
    pool = factory.pool()
    assert factory.made == []
    assert pool.take() == 0


def test_it_makes_as_many_as_may_wait_and_no_more(factory: Factory) -> None:
    filled(filled(factory.pool(3)))
    assert factory.made == [0, 1, 2]


def test_each_is_handed_out_once(factory: Factory) -> None:
    pool = filled(factory.pool())
    assert [pool.take() for _ in range(4)] == [0, 1, 2, 3]
    assert factory.ended == []


def test_what_broke_while_it_waited_is_ended_and_not_handed_out(factory: Factory) -> None:
    pool = filled(factory.pool())
    factory.broken = {0}
    assert pool.take() == 1
    assert factory.ended == [0]


def test_a_failure_ahead_is_seen_by_who_takes_one(factory: Factory) -> None:
    factory.fails = True
    pool = filled(factory.pool())
    with pytest.raises(SandboxError, match="no engine"):
        pool.take()
    factory.fails = False
    assert filled(pool).take() == 0


def test_closing_ends_what_waits_and_what_is_being_made(factory: Factory) -> None:
    pool = filled(factory.pool())
    taken = pool.take()
    factory.may_make.clear()
    pool.refill()
    closing = threading.Thread(target=pool.close)
    closing.start()
    factory.may_make.set()
    closing.join(10.0)
    assert not closing.is_alive()
    assert sorted([taken, *factory.ended]) == factory.made
    filled(pool)
    pool.close()
    assert sorted([taken, *factory.ended]) == factory.made


docker_only = pytest.mark.parametrize("backend", ["docker"], indirect=True)


@pytest.fixture
def settled(backend: Backend, environment: Environment) -> Iterator[Callable[[], bool]]:
    """Waits until all that is wanted ahead waits."""
    backend.warm(environment, run_id="warm")

    def wait() -> bool:
        return backend.await_warm(environment, run_id="warm", seconds=60.0)

    assert wait()
    yield wait
    backend.reap("warm")


def containers(backend: Backend, state: str = "") -> set[str]:
    filters = {"label": "hotloop.run=warm", **({"status": state} if state else {})}
    return {found["Id"] for found in backend._client.api.containers(all=True, filters=filters)}


@pytest.mark.docker
@docker_only
def test_a_waiting_container_shows_the_tree_it_is_given(
    backend: Backend,
    settled: Callable[[], bool],
    start: Callable[..., Sandbox],
    make_tree: Callable[..., Path],
) -> None:
    waiting = containers(backend, "running")
    one, other = make_tree({"name": "one"}), make_tree({"name": "other"})
    with start(one, run_id="warm") as first, start(other, run_id="warm", writable=True) as second:
        assert {first._container.container_id, second._container.container_id} < waiting
        assert first.run(["cat", "/hotloop/tree/name"]).stdout == b"one"
        assert second.run(["cat", "name"]).stdout == b"other"
        assert not first.run(["touch", "name"]).ok
        assert second.run(["sh", "-c", "echo more > more"]).ok
        assert not first.run(["test", "-e", "more"]).ok
    assert (other / "more").read_text() == "more\n"
    assert sorted(path.name for path in one.iterdir()) == ["name"]


@pytest.mark.docker
@docker_only
def test_a_used_container_is_thrown_away_and_replaced(
    backend: Backend,
    settled: Callable[[], bool],
    start: Callable[..., Sandbox],
    make_tree: Callable[..., Path],
) -> None:
    before = containers(backend)
    with start(make_tree({}), run_id="warm") as sandbox:
        used = sandbox._container.container_id
        sandbox.write(sandbox.scratch / "mark", b"")
    assert settled()
    after = containers(backend)
    assert used not in after
    assert len(after) == len(before)
    for _ in range(len(after)):
        with start(make_tree({}), run_id="warm") as sandbox:
            assert not sandbox.run(["test", "-e", str(sandbox.scratch / "mark")]).ok


@pytest.mark.docker
@docker_only
def test_a_container_that_died_waiting_is_not_used(
    backend: Backend,
    settled: Callable[[], bool],
    start: Callable[..., Sandbox],
    make_tree: Callable[..., Path],
) -> None:
    for container in containers(backend):
        backend._client.api.kill(container)
    with start(make_tree({"name": "one"}), run_id="warm") as sandbox:
        assert sandbox.run(["cat", "name"]).stdout == b"one"


@pytest.mark.docker
@docker_only
def test_a_restarted_container_shows_its_tree_again(
    settled: Callable[[], bool],
    start: Callable[..., Sandbox],
    make_tree: Callable[..., Path],
    backend: Backend,
) -> None:
    with start(make_tree({"name": "one"}), run_id="warm") as sandbox:
        process = sandbox.spawn(["cat"])
        backend._client.api.kill(sandbox._container.container_id)
        with pytest.raises(SandboxError, match="supervisor"):
            process.kill()
        assert sandbox.run(["cat", "name"]).stdout == b"one"
        assert not sandbox.run(["touch", "name"]).ok


@pytest.mark.docker
@docker_only
def test_reaping_a_run_ends_what_waits_for_it(backend: Backend, environment: Environment) -> None:
    backend.warm(environment, run_id="warm")
    backend.reap("warm")
    assert containers(backend) == set()


@pytest.mark.docker
@docker_only
def test_where_no_tree_can_be_shown_later_sandboxes_start_with_theirs(
    tools: Path,
    state: Path,
    environment: Environment,
    make_tree: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(docker_tree, "OPEN_TREE", 4095)  # a system call that no kernel has
    plain = DockerBackend(tools, state)
    plain.warm(environment, run_id="warm")
    for _ in range(2):
        with plain.start(environment, make_tree({"name": "one"}), run_id="warm") as sandbox:
            assert sandbox.run(["cat", "name"]).stdout == b"one"
            assert not sandbox.run(["touch", "name"]).ok
    assert containers(plain) == set()


def test_a_tree_is_shown_to_no_process_but_the_containers(tmp_path: Path) -> None:
    with pytest.raises(ProcessLookupError):
        docker_tree.show(tmp_path, "/hotloop/tree", pid=os.getpid(), container="f" * 64, writable=False)
