"""Count, in real packages, the places where each rewrite of the catalog fits.

    pip download --no-deps --no-binary :all: -d sdists PACKAGE...   (or wheels), unpack them
    python benchmarks/catalog_sites.py FOLDER... [--json | --markdown --runs FOLDER...] [--render]

Each folder is one package. Tests, documentation and examples are left out, and
so is what LibCST cannot parse, which is counted. Every function counts, hot or
not: this says how often a rewrite fits, not how often it helps. That is for runs
to say: catalog_runs.py counts in them, and `--runs` adds its two columns.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from catalog_runs import Tally, records, tally

from hotloop.agent.coder.catalog.catalog import CATALOG
from hotloop.agent.coder.catalog.coder import compiles, read_code

LEFT_OUT = {"test", "tests", "testing", "doc", "docs", "examples", "benchmarks", "_vendor", "vendor"}


@dataclass
class Count:
    """What was found in one package. `broken` are sites whose new source does not compile."""

    package: str
    files: int = 0
    lines: int = 0
    functions: int = 0
    unread: list[str] = field(default_factory=list)
    sites: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    seconds: float = 0.0


def sources(folder: Path) -> list[Path]:
    found = (path for path in folder.rglob("*.py") if not LEFT_OUT & set(path.relative_to(folder).parts))
    return sorted(path for path in found if not path.name.startswith("test_") and path.name != "setup.py")


def count(folder: Path, render: bool) -> Count:
    result = Count(folder.name)
    begun = time.monotonic()
    for path in sources(folder):
        _add(result, path, render)
    result.seconds = round(time.monotonic() - begun, 1)
    return result


def _add(result: Count, path: Path, render: bool) -> None:
    try:
        source = path.read_text("utf-8")
    except UnicodeDecodeError:
        result.unread.append(path.name)
        return
    code = read_code(source)
    if code is None:
        result.unread.append(path.name)
        return
    result.files += 1
    result.lines += source.count("\n")
    result.functions += len(code.functions)
    for rewrite in CATALOG:
        sites = rewrite.sites(code, code.functions)
        result.sites[rewrite.name] += len(sites)
        if render:
            result.broken += [f"{path}: {site.summary}" for site in sites if not compiles(site.render())]


def table(counts: list[Count]) -> str:
    lines = [f"{'rewrite':32}{'sites':>8}{'packages':>10}"]
    for rewrite in CATALOG:
        per_package = [one.sites[rewrite.name] for one in counts]
        lines.append(f"{rewrite.name:32}{sum(per_package):8}{sum(n > 0 for n in per_package):10}")
    files, functions = sum(one.files for one in counts), sum(one.functions for one in counts)
    unread = sum(len(one.unread) for one in counts)
    lines.append(f"{len(counts)} packages, {files} files, {functions} functions; {unread} files not read")
    return "\n".join(lines)


def markdown(counts: list[Count], tallies: dict[str, Tally]) -> str:
    """The table of docs/catalog.md."""
    lines = [
        "| rewrite | what it does | when it is wrong | sites | packages | proposed | verified |",
        "| --- | --- | --- | --: | --: | --: | --: |",
    ]
    for rewrite in CATALOG:
        per_package = [one.sites[rewrite.name] for one in counts]
        found = f"{sum(per_package)} | {sum(n > 0 for n in per_package)}"
        tried = f"{tallies[rewrite.name].proposed} | {tallies[rewrite.name].verified}"
        lines.append(f"| `{rewrite.name}` | {rewrite.summary} | {rewrite.when_wrong} | {found} | {tried} |")
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Count the sites of each rewrite in packages' sources.")
    parser.add_argument("folders", nargs="+", type=Path)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    form.add_argument("--markdown", action="store_true", help="the table of docs/catalog.md")
    parser.add_argument("--runs", nargs="+", type=Path, default=[], help="folders of runs, for --markdown")
    parser.add_argument(
        "--render", action="store_true", help="also write and compile every site's new source"
    )
    options = parser.parse_args(arguments)
    counts = []
    for folder in options.folders:
        print(folder.name, file=sys.stderr)  # noqa: T201  (progress of a command)
        counts.append(count(folder, options.render))
    if options.json:
        print(json.dumps({"schema_version": 1, "packages": [vars(one) for one in counts]}))  # noqa: T201  (its output)
    else:
        tallies = tally(records(options.runs))
        print(markdown(counts, tallies) if options.markdown else table(counts))  # noqa: T201  (its output)
    broken = [line for one in counts for line in one.broken]
    for line in broken:
        print(f"does not compile: {line}", file=sys.stderr)  # noqa: T201  (its findings)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
