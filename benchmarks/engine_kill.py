"""Kill Hotloop, and kill the Docker engine, in mid-run; clean, resume, and compare with a run left alone.

    python benchmarks/engine_kill.py --image IMAGE [--points N] [--seed S]

Needs root and `dockerd`. The engine is one of its own, so that no other container is touched; IMAGE, with
Python 3.9 or later, is copied into it from the engine of this machine. A small repository is
optimized by the real command, with a model on this machine that counts its requests. There are N points of
each kind, at random moments:

    hotloop   Hotloop is killed with SIGKILL
    engine    dockerd and its containerd are killed with SIGKILL; Hotloop must end with one line
    restart   the same, and the engine is started again at once, as by systemd, while Hotloop goes on

After each the engine is started again where it is dead, `hotloop clean` must remove what was left, and
`hotloop resume` must end as the run left alone: no candidate may be rejected for it.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from kill_points import Whole, left_alone
from own_engine import Engine

TESTS = Path(__file__).resolve().parent.parent / "tests"
sys.path[:0] = [str(TESTS / "integration"), str(TESTS / "agent")]


from killing import NO_RUN, Endpoint, KilledRun, last_event, make_repository  # noqa: E402  (found above)

from hotloop.agent.run import load  # noqa: E402  (as above)
from hotloop.sandboxes import overlay  # noqa: E402  (as above)

KINDS = ("hotloop", "engine", "restart")
ENDED = "(had ended before)"
FINISHED = {0, 3}
"""Exit codes of runs that came to their end: improved, and no verified improvement."""
MEASURE_SECONDS = 40.0
"""At most. What is sure sooner takes less; a busy machine must not make the runs end in different ways."""


@dataclass(frozen=True)
class Place:
    """Where everything of this script lies; nothing else on the machine is cleaned."""

    path: Path
    engine: Engine

    @property
    def environ(self) -> dict[str, str]:
        folders = {"XDG_STATE_HOME": "state", "XDG_CACHE_HOME": "cache", "TMPDIR": "tmp"}
        return {
            "DOCKER_HOST": self.engine.host,
            "HOTLOOP_MEASURE_SECONDS": str(MEASURE_SECONDS),
            **{name: str(self.path / folder) for name, folder in folders.items()},
        }

    def left(self, run: KilledRun) -> Counter[str]:
        """What a killed process or engine left behind."""
        mounts = sum(one.place.is_relative_to(run.out) for one in overlay.overlays())
        temporary = sum(path.is_dir() for path in (self.path / "tmp").glob("hotloop-*"))
        claims = len(list((self.path / "state" / "hotloop" / "claims").glob("*.json")))
        more = {"mounts": mounts, "temporary folders": temporary, "claims": claims}
        return +(self.engine.holds() + Counter(more))

    def hotloop(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        program = "import sys; from hotloop.cli.main import main; sys.exit(main())"
        return subprocess.run(
            [sys.executable, "-c", program, *arguments],
            env={**os.environ, **self.environ, **more},
            cwd=self.path,
            capture_output=True,
            text=True,
            check=False,
        )


@dataclass(frozen=True)
class Point:
    """Kill `delay` seconds after the number `event` (0: the start of the process)."""

    number: int
    kind: str
    event: int
    delay: float


@dataclass
class Row:
    """What was seen at one point. left: before `hotloop clean`. faults: what should not be so."""

    point: Point
    at: str
    code: int
    said: str = ""
    left: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def _run(place: Place, repository: Path, out: Path, endpoint: Endpoint) -> KilledRun:
    return KilledRun(repository, out, endpoint, sandbox="docker", environ=place.environ)


def draw(number: int, kind: str, whole: Whole, rng: random.Random) -> Point:
    """Of those after an event, each event as likely: short steps are hit too."""
    event = rng.randrange(len(whole.times))
    ends = (*whole.times[1:], whole.seconds)
    return Point(number, kind, event, rng.uniform(0.0, ends[event] - whole.times[event]))


def try_point(point: Point, whole: Whole, place: Place, repository: Path) -> Row:
    endpoint = Endpoint()
    with endpoint.server:
        run = _run(place, repository, place.path / f"{point.kind}-{point.number}", endpoint)
        row = disturb(run, point, place)
        over = row.code in FINISHED
        if not place.engine.is_up:
            row.faults += [] if over else refused_without_engine(run, place)
            place.engine.start()
        row.left = place.left(run)
        row.faults += cleaned(run, place)
        row.faults += differences(run, whole, over=over)
        row.faults += [f"{count} {name} at the end" for name, count in place.left(run).items()]
    return row


def disturb(run: KilledRun, point: Point, place: Place) -> Row:
    """The run up to its end, by whatever the point does to it."""
    seen: list[str] = []

    def act(process: subprocess.Popen[bytes]) -> None:
        seen.append(NO_RUN if run.folder is None else last_event(run.folder))
        place.engine.kill()
        if point.kind == "restart":
            place.engine.start()

    due = partial(_is_due, run, point, [])
    if point.kind == "hotloop":
        killed = run.killed_when(due)
        return Row(point, run.kills[-1].last if killed else ENDED, -9 if killed else 0)
    code = run.ended_after(due, act)
    lines = [line for line in run.stderr().splitlines() if line.strip()]
    at = seen[0] if seen else ENDED
    if code in FINISHED:
        return Row(point, at, code)
    return Row(point, at, code, lines[-1] if lines else "", faults=one_line(code, lines))


def _is_due(run: KilledRun, point: Point, reached: list[float], seconds: float) -> bool:
    if not reached and run.events >= point.event:
        reached.append(seconds)
    return bool(reached) and seconds >= reached[0] + point.delay


def one_line(code: int, lines: list[str]) -> list[str]:
    """What is wrong with how Hotloop told that the engine died."""
    faults = [] if code == 1 else [f"exit code {code}"]
    errors = [line for line in lines if line.startswith("error: ")]
    if len(errors) != 1 or not lines[-1].startswith("error: "):
        faults.append(f"not one line of error at the end: {lines[-3:]}")
    if any("Traceback" in line for line in lines):
        faults.append("a traceback")
    return faults


def refused_without_engine(run: KilledRun, place: Place) -> list[str]:
    """`resume` while there is no engine: one line with the remedy."""
    if run.folder is None:
        return []
    done = place.hotloop("resume", str(run.folder))
    said = done.stderr.strip().splitlines()
    good = done.returncode == 2 and len(said) == 1 and "Start Docker" in said[0]
    return [] if good else [f"resume without an engine: {done.returncode} {said[-3:]}"]


def cleaned(run: KilledRun, place: Place) -> list[str]:
    done = place.hotloop("clean")
    faults = [] if done.returncode == 0 else [f"clean: {done.returncode} {done.stderr.strip()[-300:]}"]
    return faults + [f"{count} {name} after clean" for name, count in place.left(run).items()]


def differences(run: KilledRun, whole: Whole, *, over: bool) -> list[str]:
    """In what it ended otherwise than the run left alone; resumed first where it is not over."""
    try:
        record = load(run.folder) if over and run.folder else run.finished()
    except RuntimeError as error:
        return [f"resume: {error}"]
    return run.faults(whole.outcome, record)


def table(rows: list[Row], whole: Whole) -> str:
    widths = (8, 5, 24, 5)
    lines = [_line(widths, "killed", "point", "last event before it", "exit") + "  left before clean"]
    for row in rows:
        left = ", ".join(f"{count} {name}" for name, count in row.left.items()) or "nothing"
        lines.append(_line(widths, row.point.kind, row.point.number, row.at, row.code) + f"  {left}")
        lines += [f"          said: {row.said}"] if row.said else []
        lines += [f"          FAULT: {fault}" for fault in row.faults]
    good = sum(not row.faults for row in rows)
    lines.append(
        f"{good} of {len(rows)} ended as the run left alone ({whole.outcome.status}, {whole.seconds:.0f} s)"
    )
    return "\n".join(lines)


def _line(widths: tuple[int, ...], *cells: object) -> str:
    return "  ".join(f"{cell!s:<{width}}" for cell, width in zip(cells, widths, strict=True))


@contextmanager
def own_place(image: str) -> Iterator[Place]:
    """With an engine that has an environment for the repository."""
    path = Path(tempfile.mkdtemp(prefix="engine-kill-"))
    for name in ("engine", "tmp"):
        (path / name).mkdir()
    engine = Engine(path / "engine")
    engine.start()
    try:
        engine.take(image)
        yield Place(path, engine)
    finally:
        engine.stop()
        shutil.rmtree(path)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--image", required=True, help="of this machine's engine, with Python 3.9 or later")
    parser.add_argument("--points", type=int, default=5, help="of each kind")
    parser.add_argument("--only", choices=KINDS, action="append")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    rng = random.Random(options.seed)
    with own_place(options.image) as place:
        repository = make_repository(place.path / "tally")
        built = place.hotloop(
            "images", "build", str(repository), "--sandbox", "docker", HOTLOOP_DOCKER_BASE=options.image
        )
        if built.returncode:
            raise SystemExit(built.stderr)
        whole = left_alone(repository, place.path / "whole", sandbox="docker", environ=place.environ)
        rows = []
        for kind in options.only or KINDS:
            for number in range(1, options.points + 1):
                row = try_point(draw(number, kind, whole, rng), whole, place, repository)
                sys.stderr.write(f"{kind} {number}: {row.at}: {row.code} {row.said} {row.faults}\n")
                rows.append(row)
    sys.stdout.write(f"{table(rows, whole)}\n")
    return 1 if any(row.faults for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
