"""Count, in folders of runs, how often each rewrite of the catalog was proposed and verified.

    python benchmarks/catalog_runs.py RUN_OR_FOLDER... [--json | --markdown]

A folder is searched for runs at any depth; a run that is found twice counts
once. A candidate is verified when it passed every gate, the last of which asks
that it be shown to be faster than the tree it grew from.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from hotloop.agent.coder.catalog.catalog import CATALOG
from hotloop.agent.result import RunRecord
from hotloop.agent.state import Evidence
from hotloop.profilers.verdict import Outcome

ORIGIN = "catalog:"


@dataclass
class Tally:
    """One rewrite's candidates. stopped: from the gate that stopped a candidate to how many it stopped."""

    proposed: int = 0
    verified: int = 0
    stopped: Counter[str] = field(default_factory=Counter)

    def add(self, evidence: Evidence) -> None:
        failed = evidence.failed_gate
        self.proposed += 1
        self.verified += verified(evidence)
        self.stopped.update([failed.gate] if failed is not None else [])


def verified(evidence: Evidence) -> bool:
    faster = evidence.verdict is not None and evidence.verdict.outcome is Outcome.FASTER
    return faster and bool(evidence.gates) and evidence.failed_gate is None


def records(paths: Iterable[Path]) -> Iterator[RunRecord]:
    """The finished runs in `paths`, each once. Raises OSError for a path with none, ValidationError."""
    seen: set[str] = set()
    for path in paths:
        files = sorted(path.rglob("run.json"))
        if not files:
            raise FileNotFoundError(f"no run.json in {path}")
        for file in files:
            record = RunRecord.model_validate_json(file.read_bytes())
            if record.result.run_id not in seen:
                seen.add(record.result.run_id)
                yield record


def tally(runs: Iterable[RunRecord]) -> dict[str, Tally]:
    """From each rewrite of the catalog, proposed or not, to its candidates in all `runs`."""
    found = {rewrite.name: Tally() for rewrite in CATALOG}
    for run in runs:
        for evidence in run.evidence:
            origin = evidence.candidate.origin
            if origin.startswith(ORIGIN):
                found.setdefault(origin.removeprefix(ORIGIN), Tally()).add(evidence)
    return found


def table(tallies: dict[str, Tally]) -> str:
    lines = [f"{'rewrite':32}{'proposed':>10}{'verified':>10}  stopped by"]
    for name, one in tallies.items():
        stops = ", ".join(f"{gate} ×{count}" for gate, count in one.stopped.most_common())
        lines.append(f"{name:32}{one.proposed:10}{one.verified:10}  {stops}".rstrip())
    return "\n".join(lines)


def markdown(tallies: dict[str, Tally]) -> str:
    lines = ["| rewrite | proposed | verified |", "| --- | --: | --: |"]
    return "\n".join(
        [*lines, *(f"| `{name}` | {one.proposed} | {one.verified} |" for name, one in tallies.items())]
    )


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Count each rewrite's candidates in folders of runs.")
    parser.add_argument("paths", nargs="+", type=Path, metavar="RUN_OR_FOLDER")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    form.add_argument("--markdown", action="store_true", help="a table for a page")
    options = parser.parse_args(arguments)
    try:
        runs = list(records(options.paths))
    except (OSError, ValidationError) as error:
        parser.error(str(error))
    tallies = tally(runs)
    if options.json:
        rewrites = {name: vars(one) for name, one in tallies.items()}
        sys.stdout.write(json.dumps({"schema_version": 1, "runs": len(runs), "rewrites": rewrites}) + "\n")
    else:
        sys.stdout.write((markdown(tallies) if options.markdown else table(tallies)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
