"""search: a regular expression over the tree's texts, in a process that can be ended."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from pydantic import Field

from hotloop.agent.prompts.quoting import one_line, quote
from hotloop.agent.tools.base import Arguments, Misuse, Tool
from hotloop.agent.tools.workspace import Workspace

_SCRIPT = Path(__file__).with_name("grep.py")
_SECONDS = 20.0
_MOST = 80
_LARGEST_PATTERN = 1000


class Search(Arguments):
    pattern: str = Field(description="A regular expression as Python's re has them, matched in each line.")
    path: str = Field(default="", description="Only in this file or folder, or in paths that match a glob.")


def search(place: Workspace, asked: Search) -> str:
    """The lines that match, at most 80 of them."""
    if not asked.pattern or len(asked.pattern) > _LARGEST_PATTERN:
        raise Misuse(f"The pattern must have 1 to {_LARGEST_PATTERN} characters.")
    found = _run(
        {
            "pattern": asked.pattern,
            "within": asked.path.strip().removeprefix("./").rstrip("/"),
            "tree": str(place.draft.tree),
            "paths": place.draft.paths(),
            "texts": place.draft.own(),
            "most": _MOST,
        }
    )
    if "problem" in found:
        raise Misuse(one_line(str(found["problem"]), 300))
    lines = [f"{path}:{number} | {text}" for path, number, text in found["hits"]]
    words = one_line(asked.pattern, 80)
    if not lines:
        return f"Nothing matches {words} in {found['files']} files."
    more = f"; the first {len(lines)} are shown, narrow it down" if found["count"] > len(lines) else ""
    lead = "1 line matches" if found["count"] == 1 else f"{found['count']} lines match"
    return f"{lead} {words}{more}\n{quote(chr(10).join(lines), 'lines that match')}"


def _run(request: dict[str, Any]) -> dict[str, Any]:
    """What the script answers. An expression may take for ever, and a thread could not be stopped."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-W", "ignore", str(_SCRIPT)],
            input=json.dumps(request).encode(),
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"problem": f"The search took more than {_SECONDS:.0f} s. Use a simpler pattern."}
    if done.returncode:
        return {"problem": "The search needed too much memory. Use a simpler pattern."}
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


SEARCH = Tool(
    name="search",
    description="Finds lines that match a regular expression, in all files or below a path.",
    arguments=Search,
    use=search,
    example={"pattern": r"def \w+_index\(", "path": "pkg"},
    only_reads=True,
)
