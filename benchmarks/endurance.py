"""Many candidates in a row through one small target: what grows, and what is left at the end.

    python benchmarks/endurance.py [--sandbox local|bubblewrap|docker] [--candidates N]
                                     [--minutes M] [--json]

Each candidate is a patch of its own. It gets a tree, a writable sandbox in which it is
compiled, a second one in which its tests run and a worker answers a request over pipes, as in
a run; then all of it is closed. Figures are of this process and of the folders, containers, mounts
and control groups that are its own; control groups are those of all Hotloop on this machine.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import time
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from hotloop.profilers.workload import RUNNER
from hotloop.repos.patch import make_patch
from hotloop.repos.trees import Trees
from hotloop.sandboxes import overlay, proc
from hotloop.sandboxes.base import Backend, Environment, EnvironmentSpec, Limits
from hotloop.sandboxes.cgroup import all_groups
from hotloop.sandboxes.owners import temporary_folder
from hotloop.sandboxes.registry import BACKENDS, make
from hotloop.sandboxes.usage import disk_usage

RUN_ID = f"endurance-{os.getpid()}"
AT = (10, 100, 500)
"""Candidates after which to look: by the first all that is made once has been made."""
CODE = "def answer(number):\n    return sum(range(number + 1))\n"
TESTS = "from code_under_test import answer\n\n\ndef test_answer():\n    assert answer(4) == 10\n"
WORKER = "import sys\nfor line in sys.stdin:\n    print(int(line) * 2, flush=True)\n"


@dataclass(frozen=True)
class Snapshot:
    """disk, memory: bytes. engine: bytes that the Docker engine's containers, images and volumes take."""

    candidates: int
    disk: int
    memory: int
    descriptors: int
    threads: int
    processes: int
    mounts: int
    control_groups: int
    containers: int
    engine: int


@dataclass(frozen=True)
class Bench:
    """place: a folder in which everything lies."""

    backend: Backend
    environment: Environment
    trees: Trees
    base: Path
    place: Path

    def candidate(self, number: int) -> None:
        """One, from its patch to its end. Raises AssertionError when it does not do what it must."""
        patch = make_patch(self.base, {"code_under_test.py": f"# candidate {number}\n{CODE}"})
        tree = self.trees.patched(self.base, patch, self.place / "trees" / str(number))
        try:
            self._build(tree)
            self._run(tree)
        finally:
            self.trees.remove(tree)

    def _build(self, tree: Path) -> None:
        with self.backend.start(self.environment, tree, run_id=RUN_ID, writable=True) as sandbox:
            done = sandbox.run([self.environment.python, "-m", "compileall", "-q", "."])
            assert done.ok, done.text()

    def _run(self, tree: Path) -> None:
        with self.backend.start(self.environment, tree, run_id=RUN_ID) as sandbox:
            command = [self.environment.python, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
            done = sandbox.run(command, env={"PYTHONPATH": str(sandbox.tree)}, limits=Limits(seconds=120.0))
            assert done.ok, done.text()
            worker = sandbox.spawn([self.environment.python, "-c", WORKER])
            worker.send(b"21\n")
            assert worker.read_line(30.0, 100) == b"42"
            worker.kill()

    def snapshot(self, number: int) -> Snapshot:
        gc.collect()
        containers, engine = of_engine() if self.backend.name == "docker" else (0, 0)
        return Snapshot(
            candidates=number,
            disk=disk_usage(self.place),
            memory=int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"),
            descriptors=len(os.listdir("/proc/self/fd")),  # noqa: PTH208  (names only)
            threads=proc.threads([os.getpid()]),
            processes=len(proc.descendants(os.getpid())),
            mounts=sum(one.place.is_relative_to(self.place) for one in overlay.overlays()),
            control_groups=len(all_groups("")),
            containers=containers,
            engine=engine,
        )


def of_engine() -> tuple[int, int]:
    """Containers of this run, and what all that the engine keeps takes on disk."""
    from hotloop.sandboxes.docker_container import RUN_LABEL  # noqa: PLC0415  (only where Docker is asked for)
    from hotloop.sandboxes.docker_engine import connect  # noqa: PLC0415

    with closing(connect()) as client:
        ours = client.api.containers(all=True, filters={"label": f"{RUN_LABEL}={RUN_ID}"})
        used = client.df()
    volumes = sum(max(0, one["UsageData"]["Size"]) for one in used["Volumes"] or [])
    writable = sum(one.get("SizeRw") or 0 for one in used["Containers"] or [])
    return len(ours), int(used["LayersSize"] or 0) + writable + volumes


def endure(name: str, candidates: int, minutes: float) -> tuple[list[Snapshot], int]:
    """Snapshots before, after `AT` and at the end, and how many things `reap` still found."""
    with temporary_folder("endurance") as folder:
        place = folder.resolve()
        bench = set_up(name, place)
        found = [bench.snapshot(0)]
        end = time.monotonic() + 60 * minutes
        try:
            for number in range(1, candidates + 1):
                bench.candidate(number)
                over = number == candidates or time.monotonic() > end
                if over or number in AT:
                    found.append(bench.snapshot(number))
                if number % 50 == 0:
                    sys.stderr.write(f"{number} of {candidates}\n")
                if over:
                    break
        finally:
            left = bench.backend.reap(RUN_ID)
        return found, left


def set_up(name: str, place: Path) -> Bench:
    base = place / "base"
    base.mkdir()
    (base / "code_under_test.py").write_text(CODE)
    (base / "test_code.py").write_text(TESTS)
    backend = make(name, RUNNER, place / "state")
    backend.check()
    environment = backend.prepare(EnvironmentSpec(), base, lambda message: None)
    return Bench(backend, environment, Trees(place / "layers"), base, place)


def table(found: list[Snapshot]) -> str:
    """One row a figure, one column a snapshot."""
    lines = []
    for name in vars(found[0]):
        cells = "".join(f"{getattr(one, name):>16,}" for one in found)
        lines.append(f"{name.replace('_', ' '):<16}{cells}")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sandbox", choices=sorted(BACKENDS), default="bubblewrap")
    parser.add_argument("--candidates", type=int, default=1000)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop after so many")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    begun = time.monotonic()
    found, left = endure(options.sandbox, options.candidates, options.minutes)
    seconds = (time.monotonic() - begun) / found[-1].candidates
    if options.json:
        rows = [asdict(one) for one in found]
        said = json.dumps({"sandbox": options.sandbox, "left": left, "seconds": seconds, "at": rows})
    else:
        said = f"{table(found)}\n{options.sandbox}: {seconds:.2f} s a candidate; {left} left for reap"
    sys.stdout.write(f"{said}\n")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
