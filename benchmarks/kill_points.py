"""Kill runs at random points, resume them, and compare with a run that was left alone.

    python benchmarks/kill_points.py [--points N] [--seed S] [--jobs J] [--json]

A small repository is optimized by the real command, with a model on this
machine that counts its requests. Every point is a run of its own, killed with
SIGKILL and resumed. Points lie at random moments of the unkilled run (every
other one after an event drawn at random, so that short steps are hit too), every
fifth between a request and its reply. Some are killed once more while resuming.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parent.parent / "tests"
sys.path[:0] = [str(TESTS / "integration"), str(TESTS / "agent")]

from killing import CODER, JUDGE, NO_RUN, Endpoint, KilledRun, Outcome, make_repository  # noqa: E402  (found above)

REPLY_SECONDS = 0.3
KILLED_AGAIN = 0.3


@dataclass(frozen=True)
class Whole:
    """The run that nobody kills. times: of its start and its events, in seconds since the start."""

    outcome: Outcome
    times: tuple[float, ...]
    seconds: float


@dataclass(frozen=True)
class Point:
    """Where to kill: `delay` seconds after the number `event` (0: the start of the process), or after
    the request of `held` has arrived. again: seconds into the resumed process to kill it at."""

    number: int
    event: int
    delay: float
    held: str | None
    again: float | None


@dataclass(frozen=True)
class Row:
    """What became of one point. requests: as the server counted them."""

    number: int
    killed: tuple[tuple[float, str], ...]
    lost: tuple[str, ...]
    requests: dict[str, int]
    same_patch: bool
    same_status: bool
    same_gates: bool
    faults: tuple[str, ...]
    begun_anew: bool
    seconds: float


def left_alone(repository: Path, out: Path, **how: Any) -> Whole:
    """how: fields of `KilledRun`."""
    endpoint = Endpoint(REPLY_SECONDS)
    begun, started = time.monotonic(), time.time()
    with endpoint.server:
        run = KilledRun(repository, out, endpoint, **how)
        outcome = Outcome.of(run.finished())
    seconds = time.monotonic() - begun
    events = (run.folder or out) / "events.jsonl"
    times = [json.loads(line)["time"] - started for line in events.read_text("utf-8").splitlines()]
    return Whole(outcome, (0.0, *times[:-1]), seconds)


def draw(number: int, whole: Whole, rng: random.Random) -> Point:
    """Point `number`: between send and reply, at a moment, or after an event."""
    again = rng.uniform(0.0, 10.0) if rng.random() < KILLED_AGAIN else None
    if number % 5 == 0:
        return Point(number, 0, rng.uniform(0.0, 0.2), rng.choice((CODER, JUDGE)), again)
    if number % 2:
        moment = rng.uniform(0.0, whole.seconds)
        event = max(index for index, passed in enumerate(whole.times) if passed <= moment)
        return Point(number, event, moment - whole.times[event], None, again)
    event = rng.randrange(len(whole.times))
    ends = (*whole.times[1:], whole.seconds)
    return Point(number, event, rng.uniform(0.0, ends[event] - whole.times[event]), None, again)


def try_point(point: Point, whole: Whole, repository: Path, out: Path) -> Row:
    begun = time.monotonic()
    endpoint = Endpoint(REPLY_SECONDS)
    with endpoint.server:
        run = KilledRun(repository, out, endpoint)
        killed = kill_first(run, point)
        if killed and point.again is not None:
            again = point.again
            run.killed_when(lambda seconds: seconds >= again and run.may_be_killed())
        refusal = run.refusal() if run.folder is None else None
        record = run.finished()
        faults = run.faults(whole.outcome, record)
    if refusal is not None and not refusal.startswith("2 error: "):
        faults.append(f"resuming nothing said: {refusal}")
    mine = Outcome.of(record)
    return Row(
        number=point.number,
        killed=tuple((round(kill.seconds, 2), kill.last) for kill in run.kills),
        lost=tuple(who for kill in run.kills for who in sorted(kill.lost)),
        requests=dict(endpoint.requests),
        same_patch=mine.patch == whole.outcome.patch,
        same_status=mine.status == whole.outcome.status and mine.candidates == whole.outcome.candidates,
        same_gates=(mine.gates, mine.final_gates) == (whole.outcome.gates, whole.outcome.final_gates),
        faults=tuple(faults),
        begun_anew=any(kill.last == NO_RUN for kill in run.kills),
        seconds=round(time.monotonic() - begun, 1),
    )


def kill_first(run: KilledRun, point: Point) -> bool:
    """Kill the first process at the point; whether it had not ended by then."""
    reached: list[float] = []

    def due(seconds: float) -> bool:
        if not reached and is_there():
            reached.append(seconds)
        return bool(reached) and seconds >= reached[0] + point.delay

    def is_there() -> bool:
        return run.endpoint.arrived.is_set() if point.held else run.events >= point.event

    if point.held:
        run.endpoint.hold(point.held)
    try:
        return run.killed_when(due)
    finally:
        run.endpoint.release()


def table(rows: list[Row], whole: Whole) -> str:
    head = line(
        "point", "killed at", "last event before it", "in flight", "requests", "same as whole", "took"
    )
    lines = [head, *(text for row in rows for text in lines_of(row))]
    return "\n".join([*lines, closing(rows, whole)])


def lines_of(row: Row) -> list[str]:
    """One line a kill, the point's result in the first, its faults below."""
    asked = ", ".join(f"{who} {count}" for who, count in sorted(row.requests.items()))
    parts = {"patch": row.same_patch, "status": row.same_status, "gates": row.same_gates}
    same = ", ".join(name if yes else f"NOT {name}" for name, yes in parts.items())
    first, *more = row.killed or ((0.0, "(had ended before)"),)
    lost = ", ".join(row.lost) or "-"
    lines = [line(row.number, f"{first[0]:.2f} s", first[1], lost, asked, same, f"{row.seconds:.0f} s")]
    lines += [line("", f"{seconds:.2f} s", last, "", "(while resuming)") for seconds, last in more]
    return lines + [f"       FAULT: {fault}" for fault in row.faults]


def line(*cells: object) -> str:
    widths = (5, 10, 24, 12, 18, 21, 6)
    return "  ".join(f"{cell!s:<{width}}" for cell, width in zip(cells, widths, strict=False)).rstrip()


def closing(rows: list[Row], whole: Whole) -> str:
    kills = sum(len(row.killed) for row in rows)
    lost = sum(len(row.lost) for row in rows)
    sent = sum(sum(row.requests.values()) for row in rows)
    return (
        f"{len(rows)} points, {kills} kills, {lost} with a call in flight, "
        f"{sum(row.begun_anew for row in rows)} before there was a plan; "
        f"{sum(not row.faults for row in rows)} of {len(rows)} ended as the run left alone "
        f"({whole.outcome.status}, {whole.seconds:.0f} s). Requests: {sent} seen by the server, "
        f"{2 * len(rows)} without kills, at most {2 * len(rows) + lost} allowed."
    )


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Kill runs at random points and resume them.")
    parser.add_argument("--points", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1, help="points at the same time")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    options = parser.parse_args(arguments)
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="kill-points-") as name:
        place = Path(name)
        repository = make_repository(place / "tally")
        whole = left_alone(repository, place / "whole")
        points = [draw(number, whole, rng) for number in range(1, options.points + 1)]

        def attempt(point: Point) -> Row:
            row = try_point(point, whole, repository, place / str(point.number))
            print(f"{row.number}: {row.killed} {row.faults or 'same'}", file=sys.stderr)  # noqa: T201  (progress of a command)
            return row

        with ThreadPoolExecutor(options.jobs) as pool:
            rows = list(pool.map(attempt, points))
    shown = {"schema_version": 1, "whole": asdict(whole), "rows": [asdict(row) for row in rows]}
    print(json.dumps(shown) if options.json else table(rows, whole))  # noqa: T201  (its output)
    return 1 if any(row.faults for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
