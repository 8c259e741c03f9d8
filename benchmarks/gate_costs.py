"""What the gates cost: seconds of each, for one patch of a real package.

    python benchmarks/gate_costs.py [NAME]... [--sandbox local|bubblewrap|docker] [--json]

The packages and their workloads are those of `examples/`, the patch is the first that a
model proposed there (`examples/transcripts`). It walks as it would in the final check of
a run, with the default settings: all gates, then the clock. What is made once for a run
(environment, tests at base, profile of tests) is shown apart.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from dataclasses import asdict, dataclass, field
from pathlib import Path

from hotloop.agent.baseline import Baseline
from hotloop.agent.events import EventLog
from hotloop.agent.folder import RunFolder
from hotloop.agent.gates.base import Trial
from hotloop.agent.gauntlet.walk import EVERY
from hotloop.agent.nodes.baseline import examine, measure_noise, notes, test_base
from hotloop.agent.people import gather_people
from hotloop.agent.settings import Settings
from hotloop.agent.state import Candidate, Spent
from hotloop.agent.workshop import Workshop, lay_out_tools
from hotloop.repos.edits import edits_from_reply
from hotloop.repos.patch import make_patch
from hotloop.repos.seed import commit_folder
from hotloop.repos.source import open_source
from hotloop.sandboxes.registry import choose

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
NAMES = ("munkres", "sqlparse", "hpack")


@dataclass
class Row:
    """once: seconds for what a run does once. gates: seconds by gate. stopped: the one that refused it."""

    package: str
    once: float
    tests: int
    gates: dict[str, float] = field(default_factory=dict)
    stopped: str = ""
    said: str = ""


def print_line(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201  (progress of a command)


def workshop_of(name: str, place: Path, sandbox: str) -> Workshop:
    fetched = place / "fetched"
    fetcher = [sys.executable, str(EXAMPLES / "fetch.py"), name, "--to", str(fetched)]
    subprocess.run(fetcher, check=True, stdout=subprocess.DEVNULL)
    source = open_source(commit_folder(fetched / name, place / "source"))
    folder = RunFolder.create(place / "run")
    events = EventLog(folder.events, None)
    task = tomllib.loads((EXAMPLES / name / "task.toml").read_text("utf-8"))
    settings = Settings(coder="catalog", sandbox=sandbox, **task)
    people = gather_people("catalog", settings, folder, before=Spent())
    backend = choose(sandbox, model_written=False, tools=lay_out_tools(folder), log=events.log)
    return Workshop(settings, folder, events, backend, source, people.coder, people.judge, people.budget)


def baseline_of(shop: Workshop) -> Baseline:
    seen = examine(shop)
    return Baseline(
        tests=test_base(shop),
        noise=measure_noise(shop, seen),
        varies=seen.varies,
        hash_proof=seen.hash_proof,
        nothing=seen.nothing,
        uncompared=seen.uncompared,
        notes=tuple(notes(seen)),
    )


def first_patch(name: str, shop: Workshop) -> str:
    reply = min((EXAMPLES / "transcripts" / name).glob("*.reply.md")).read_text("utf-8")
    return make_patch(shop.source_tree, edits_from_reply(reply, shop.source_tree, lambda path: True))


def measure(name: str, place: Path, sandbox: str) -> Row:
    shop = workshop_of(name, place, sandbox)
    try:
        begun = time.monotonic()
        shop.prepare()
        known = baseline_of(shop)
        _ = shop.coverage
        row = Row(name, time.monotonic() - begun, len(known.tests[0].outcomes))
        patch = first_patch(name, shop)
        candidate = Candidate(
            id=1, round=1, parent=None, summary="as proposed", origin="transcript", key=name, patch=patch
        )
        tree = shop.folder.work / "trees" / "1"
        trial = Trial(candidate, shop, known, tree, shop.base_tree, stage="final")
        for gate in EVERY:
            begun = time.monotonic()
            answer = gate.check(trial)
            row.gates[gate.name] = time.monotonic() - begun
            print_line(f"{name} {gate.name}: {row.gates[gate.name]:.1f} s {answer.detail[:100]}")
            if not answer.passed:
                row.stopped, row.said = gate.name, answer.detail
                break
            row.said = answer.detail
    finally:
        shop.backend.reap(shop.folder.id)
        shop.folder.discard_work()
    return row


def table(rows: list[Row]) -> str:
    names = [gate.name for gate in EVERY]
    lines = [
        "| package | tests | once a run | " + " | ".join(names) + " | all gates |",
        "| --- | --: | --: |" + " --: |" * (len(names) + 1),
    ]
    for row in rows:
        cells = [f"{row.gates[name]:.1f}" if name in row.gates else "" for name in names]
        whole = sum(row.gates.values())
        lines.append(
            f"| {row.package} | {row.tests} | {row.once:.1f} | " + " | ".join(cells) + f" | {whole:.1f} |"
        )
    said = [
        f"{row.package}: {'refused by ' + row.stopped + ', ' if row.stopped else ''}{row.said}"
        for row in rows
    ]
    return "\n".join([*lines, "", *said])


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="What the gates cost for one patch of a real package.")
    parser.add_argument("names", nargs="*", default=NAMES, help="examples with a transcript")
    parser.add_argument("--sandbox", choices=("local", "bubblewrap", "docker"), default="local")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    options = parser.parse_args(arguments)
    rows = []
    for name in options.names:
        place = Path(tempfile.mkdtemp(prefix="gate-costs-"))
        try:
            rows.append(measure(name, place, options.sandbox))
        finally:
            shutil.rmtree(place, ignore_errors=True)
    shown = {"schema_version": 1, "sandbox": options.sandbox, "rows": [asdict(row) for row in rows]}
    print(json.dumps(shown) if options.json else table(rows))  # noqa: T201  (its output)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
