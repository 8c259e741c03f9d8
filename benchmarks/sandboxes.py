"""How long sandboxes and trees take: to start, for one command, to write and read, for a candidate.

    python benchmarks/sandboxes.py [--backends NAME,...] [--rounds N] [--files N] [--json]

Beside each other, in turns: Hotloop's backends and, where docker is among them, the same by
`docker run` and `docker exec` and by the docker package used plainly, with the same image.
Median of the rounds, in ms, after one that does not count. Containers are started ahead between
the measurements, as they are in a run between the gates.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

import docker

from hotloop.agent.doctor import tools_folder
from hotloop.repos.patch import make_patch
from hotloop.repos.tree import copy_tree
from hotloop.repos.trees import Trees
from hotloop.sandboxes import overlay
from hotloop.sandboxes.base import Backend, Environment, EnvironmentSpec, Sandbox
from hotloop.sandboxes.docker import DockerBackend
from hotloop.sandboxes.docker_engine import connect
from hotloop.sandboxes.registry import BACKENDS, make

RUN_ID = f"benchmark-{os.getpid()}"
MIB = 1 << 20
FILE_BYTES = 26_214
"""20,000 of them are 500 MB."""
POOLED, POOLED_START = "start and `true`, started ahead", "start alone, started ahead"
START, COMMAND, WRITE, READ, TREE = "start and `true`", "`true`", "write 1 MB", "read 1 MB", "candidate tree"
AROUND, WORKING = "the same around the large tree", "the same around a writable copy of it"
REFERENCES = {
    START: (START, "docker run"),
    POOLED: (START, "docker run"),
    POOLED_START: (START, "docker run"),
    AROUND: (START, "docker run"),
    WORKING: (START, "docker run"),
    COMMAND: (COMMAND, "docker exec"),
    WRITE: (WRITE, "docker package"),
    READ: (READ, "docker package"),
    TREE: (TREE, "copy"),
}

Action = Callable[[], object]
Timed = Callable[[], float]


@dataclass(frozen=True)
class Row:
    """ms: median. ratio: to the one that is compared with, None where that was not measured."""

    what: str
    by: str
    ms: float
    rounds: int
    ratio: float | None


@dataclass
class Plan:
    """What is timed: {(what, by): one measurement in seconds}. ends: what is closed afterwards."""

    timed: dict[tuple[str, str], Timed] = field(default_factory=dict)
    ends: ExitStack = field(default_factory=ExitStack)

    def add(
        self,
        what: str,
        by: str,
        action: Action,
        undo: Callable[[object], object] | None = None,
        *,
        before: Action = lambda: None,
    ) -> None:
        """before, undo: what is not timed."""

        def once() -> float:
            before()
            begun = time.perf_counter()
            made = action()
            seconds = time.perf_counter() - begun
            if undo is not None:
                undo(made)
            return seconds

        self.timed[what, by] = once

    def run(self, rounds: int, seed: int = 1) -> list[Row]:
        """Each round in an order of its own, so that no one has the quiet moments."""
        rng, found = random.Random(seed), {key: list[float]() for key in self.timed}
        for number in range(rounds + 1):
            sys.stderr.write(f"round {number} of {rounds}\n")
            keys = list(self.timed)
            rng.shuffle(keys)
            for key in keys:
                seconds = self.timed[key]()
                if number:
                    found[key].append(seconds)
        return rows({key: (median(times), len(times)) for key, times in found.items()})


def rows(medians: dict[tuple[str, str], tuple[float, int]]) -> list[Row]:
    made = []
    for (what, by), (seconds, rounds) in sorted(
        medians.items(), key=lambda item: (list(REFERENCES).index(item[0][0]), item[0][1])
    ):
        reference = medians.get(REFERENCES[what])
        made.append(Row(what, by, seconds * 1e3, rounds, seconds / reference[0] if reference else None))
    return made


def add_backend(plan: Plan, backend: Backend, small: Path, large: Path, copies: Path) -> str:
    """Returns the environment's reference."""
    backend.check()
    plan.ends.callback(backend.reap, RUN_ID)
    environment = backend.prepare(EnvironmentSpec(), small, lambda message: None)

    def start(tree: Path, *, writable: bool) -> Action:
        def once() -> Sandbox:
            sandbox = backend.start(environment, tree, run_id=RUN_ID, writable=writable)
            _checked(sandbox.run(["true"]).exit_code)
            return sandbox

        return once

    plan.add(START, backend.name, start(small, writable=False), _close)
    plan.add(AROUND, backend.name, start(large, writable=False), _close)
    plan.add(WORKING, backend.name, start(copies / backend.name, writable=True), _close)
    if isinstance(backend, DockerBackend):
        add_pool(plan, backend, environment, small)
    sandbox = plan.ends.enter_context(backend.start(environment, small, run_id=RUN_ID))
    data, place = os.urandom(MIB), sandbox.scratch / "data"
    sandbox.write(place, data)
    plan.add(COMMAND, backend.name, lambda: _checked(sandbox.run(["true"]).exit_code))
    plan.add(WRITE, backend.name, lambda: sandbox.write(place, data))
    plan.add(READ, backend.name, lambda: _same(sandbox.read(place), data))
    return environment.reference


def add_pool(plan: Plan, backend: DockerBackend, environment: Environment, tree: Path) -> None:
    run_id = f"{RUN_ID}-warm"
    backend.warm(environment, run_id=run_id)
    plan.ends.callback(backend.reap, run_id)

    def wait() -> None:
        if not backend.await_warm(environment, run_id=run_id, seconds=120.0):
            raise RuntimeError("no sandbox was started ahead")

    def start() -> Sandbox:
        return backend.start(environment, tree, run_id=run_id)

    def start_and_run() -> Sandbox:
        sandbox = start()
        _checked(sandbox.run(["true"]).exit_code)
        return sandbox

    plan.add(POOLED_START, backend.name, start, _close, before=wait)
    plan.add(POOLED, backend.name, start_and_run, _close, before=wait)


def _close(made: object) -> None:
    assert hasattr(made, "close")
    made.close()


def _checked(code: int) -> None:
    if code:
        raise RuntimeError(f"the command exited with {code}")


def _same(one: bytes, other: bytes) -> None:
    if one != other:
        raise RuntimeError("what was read is not what was written")


def add_docker(plan: Plan, image: str) -> None:
    """The command line client, and the package as its manual has it."""
    client = connect()
    plan.ends.callback(client.close)

    def begin() -> docker.models.containers.Container:
        # A shell as first process, in place of what the image says.
        return client.containers.run(image, entrypoint=["sleep", "3600"], detach=True, network_mode="none")

    def begin_and_run() -> docker.models.containers.Container:
        made = begin()
        _checked(made.exec_run(["true"]).exit_code)
        return made

    def end(made: docker.models.containers.Container) -> None:
        made.remove(force=True)

    container = begin()
    plan.ends.callback(end, container)
    name = f"hotloop-{RUN_ID}"
    run = ["docker", "run", "--name", name, "--network=none", "--entrypoint=true", image]
    execute = ["docker", "exec", str(container.id), "true"]
    data = os.urandom(MIB)
    container.put_archive("/tmp", _packed(data))
    plan.add(
        START,
        "docker run",
        lambda: subprocess.run(run, check=True),
        lambda _: end(client.containers.get(name)),
    )
    plan.add(START, "docker package", begin_and_run, end)
    plan.add(COMMAND, "docker exec", lambda: subprocess.run(execute, check=True))
    plan.add(COMMAND, "docker package", lambda: _checked(container.exec_run(["true"]).exit_code))
    plan.add(WRITE, "docker package", lambda: container.put_archive("/tmp", _packed(data)))
    plan.add(READ, "docker package", lambda: _same(_unpacked(container.get_archive("/tmp/data")[0]), data))


def _packed(data: bytes) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        entry = tarfile.TarInfo("data")
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
    return made.getvalue()


def _unpacked(chunks: Iterator[bytes]) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
        file = archive.extractfile("data")
        assert file is not None
        return file.read()


def add_trees(plan: Plan, large: Path, folder: Path) -> None:
    """By overlay where this machine can, and by a copy of every file."""
    trees = Trees(folder / "layers")
    patch = make_patch(large, {"p0/m0.py": "value = 1\n"})
    place = folder / "candidate"
    if trees.why_copied is None:
        plan.add(TREE, "overlay", lambda: trees.patched(large, patch, place), lambda _: trees.remove(place))
    else:
        sys.stderr.write(f"no overlay: {trees.why_copied}\n")
    copied = folder / "copied"
    plan.add(TREE, "copy", lambda: copy_tree(large, copied), lambda _: overlay.remove(copied))


def large_tree(place: Path, files: int) -> Path:
    """So many files of `FILE_BYTES`, 50 in a folder."""
    content = os.urandom(FILE_BYTES)
    for number in range(files):
        folder = place / f"p{number // 50}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"m{number}.py").write_bytes(content if number else b"value = 0\n")
    return place


@contextmanager
def planned(names: list[str], files: int) -> Iterator[Plan]:
    with tempfile.TemporaryDirectory(prefix="hotloop-sandboxes-") as name, tools_folder() as ours:
        folder, plan = Path(name), Plan()
        folder.chmod(0o755)
        plan.ends.callback(overlay.release, folder)
        with plan.ends:
            large = large_tree(folder / "large", files)
            trees, copies = Trees(folder / "kept"), folder / "copies"
            for backend in names:
                trees.copy(large, copies / backend)
                made = make(backend, ours / "tools")
                reference = add_backend(plan, made, ours / "tree", large, copies)
                if backend == "docker":
                    add_docker(plan, reference)
            add_trees(plan, large, folder)
            yield plan


def table(found: list[Row]) -> str:
    lines = ["| what | by | median ms | ratio | of |", "| --- | --- | --: | --: | --- |"]
    for row in found:
        ratio = "" if row.ratio is None else f"{row.ratio:.3f}"
        lines.append(f"| {row.what} | {row.by} | {row.ms:.1f} | {ratio} | {REFERENCES[row.what][1]} |")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--backends", default=",".join(BACKENDS))
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    with planned(chosen.backends.split(","), chosen.files) as plan:
        found = plan.run(chosen.rounds)
    sys.stdout.write(json.dumps([asdict(row) for row in found], indent=1) if chosen.json else table(found))
    sys.stdout.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
