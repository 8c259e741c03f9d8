"""Try every promise of a sandbox on every backend, and print the table in docs/sandboxes.md.

    python benchmarks/conformance.py            # all backends; needs Docker and bubblewrap
    python benchmarks/conformance.py bubblewrap # one of them

A row is a test of the conformance suite, or several with the same name; a cell says what
became of it: held, not held (the backend says so, and what needs it refuses), or FAILED.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from xml.etree.ElementTree import Element

from defusedxml import ElementTree

ROOT = Path(__file__).parents[1]
SUITE = ("test_conformance.py", "test_conformance_walls.py", "test_process.py", "test_reaping.py")
COLUMNS = {
    "docker": "docker",
    "bubblewrap": "bubblewrap",
    "bubblewrap-bare": "bubblewrap, no cgroup",
    "local": "local",
    "local-bare": "local, no cgroup",
}
CASE = re.compile(rf"test_(\w+)\[.*?\b({'|'.join(sorted(COLUMNS, key=len, reverse=True))})(?=[-\]])")
WORST_FIRST = ("FAILED", "not tried", "not held", "held")


def run_suite(words: list[str], report: Path) -> int:
    paths = [str(ROOT / "tests" / "sandboxes" / name) for name in SUITE]
    chosen = ["-k", " or ".join(words)] if words else []
    written = ["-o", "junit_family=xunit1", f"--junitxml={report}"]
    command = [sys.executable, "-m", "pytest", "-q", *chosen, *written, *paths]
    return subprocess.run(command, cwd=ROOT, stdout=sys.stderr, check=False).returncode


def outcome(case: Element) -> str:
    if case.find("failure") is not None or case.find("error") is not None:
        return "FAILED"
    if case.find("skipped") is not None:
        return "not tried"
    told = {item.get("name"): item.get("value") for item in case.iter("property")}
    return "not held" if told.get("held") == "no" else "held"


def rows(report: Path) -> dict[str, dict[str, str]]:
    """{promise: {backend: the worst of its outcomes}}, in the order of the suite."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for case in ElementTree.parse(report).iter("testcase"):
        if match := CASE.match(case.get("name", "")):
            found[match[1].replace("_", " ")][match[2]].append(outcome(case))
    return {
        promise: {backend: min(told, key=WORST_FIRST.index) for backend, told in cells.items()}
        for promise, cells in found.items()
    }


def table(found: dict[str, dict[str, str]]) -> str:
    columns = [name for name in COLUMNS if any(name in cells for cells in found.values())]
    lines = ["| promise | " + " | ".join(COLUMNS[name] for name in columns) + " |"]
    lines.append("| --- |" + " --- |" * len(columns))
    for promise, cells in found.items():
        lines.append(f"| {promise} | " + " | ".join(cells.get(name, "") for name in columns) + " |")
    return "\n".join(lines)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        code = run_suite(sys.argv[1:], report)
        print(table(rows(report)))  # noqa: T201  (its output)
    return code


if __name__ == "__main__":
    sys.exit(main())
