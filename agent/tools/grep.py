"""Run as a script: search texts for a regular expression. Reads a request from stdin, writes the answer.

request: pattern; within (a path, a folder, a glob, or ""); tree; paths below it; texts of those that
are not as in the tree; most (hits to give). answer: hits, count, files; or a problem.
"""

from __future__ import annotations

import json
import re
import resource
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

LONGEST_LINE = 2000
SHOWN = 200
MEMORY = 1 << 30


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    json.dump(answer(json.load(sys.stdin.buffer)), sys.stdout)


def answer(request: dict[str, Any]) -> dict[str, Any]:
    try:
        pattern = re.compile(request["pattern"])
    except (re.error, RecursionError, OverflowError) as error:
        return {"problem": f"This is no regular expression: {error}"}
    paths = [path for path in request["paths"] if is_within(path, request["within"])]
    if not paths:
        return {"problem": f"No file is below or matches {request['within']}."}
    hits: list[tuple[str, int, str]] = []
    count = 0
    for path in paths:
        for number, line in enumerate(lines_of(request, path), 1):
            if pattern.search(line):
                count += 1
                if len(hits) < request["most"]:
                    hits.append((path, number, line.strip()[:SHOWN]))
    return {"hits": hits, "count": count, "files": len(paths)}


def is_within(path: str, within: str) -> bool:
    return not within or path == within or path.startswith(f"{within}/") or fnmatchcase(path, within)


def lines_of(request: dict[str, Any], path: str) -> list[str]:
    """No lines of what is no text."""
    text = request["texts"].get(path)
    if text is None:
        content = Path(request["tree"], path).read_bytes()
        text = "" if b"\0" in content[:8000] else content.decode("utf-8", "replace")
    return [line[:LONGEST_LINE] for line in text.split("\n")]


if __name__ == "__main__":
    main()
