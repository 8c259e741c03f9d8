"""read: a file's lines, a folder's entries, or the rest of a long output."""

from __future__ import annotations

import posixpath
from collections import Counter

from pydantic import Field

from hotloop.agent.prompts.quoting import one_line, quote
from hotloop.agent.tools.base import Arguments, Misuse, Tool
from hotloop.agent.tools.outputs import clipped, ends
from hotloop.agent.tools.workspace import Workspace

_MOST = 12_000
_ENTRIES = 200


class Read(Arguments):
    path: str = Field(description="A file or folder, relative to the root; or @N, an output that was cut.")
    first: int = Field(default=1, ge=1, description="The first line to show.")
    last: int = Field(default=0, ge=0, description="The last line to show; 0 for the end.")


def read(place: Workspace, asked: Read) -> str:
    """A page of it, numbered; what does not fit is left out in the middle."""
    kept = place.outputs.find(asked.path)
    path = asked.path if kept is not None else posixpath.normpath(asked.path.strip() or ".")
    if kept is None and not place.draft.holds(path):
        listed = _folder(place, path)
        if listed:
            return listed
    lines = _lines(kept if kept is not None else place.draft.text(path))
    last = min(asked.last or len(lines), len(lines))
    if asked.first > max(last, 1):
        raise Misuse(
            f"{one_line(path, 200)} has {len(lines)} lines; line {asked.first} is not in what you asked for."
        )
    edited = ", edited by you" if path in place.draft.edits else ""
    head = f"{one_line(path, 200)}, lines {asked.first} to {last} of {len(lines)}{edited}"
    return f"{head}\n{quote(_page(lines[asked.first - 1 : last], asked.first), 'lines with their numbers')}"


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def _page(lines: list[str], first: int) -> str:
    numbered = [f"{number:5d} | {clipped(line)}" for number, line in enumerate(lines, first)]
    head, tail = ends(numbered, _MOST)
    if head + tail >= len(numbered):
        return "\n".join(numbered)
    start, end = first + head, first + len(numbered) - tail - 1
    left_out = f"[… lines {start} to {end} left out: read them with first={start}, last={end} …]"
    return "\n".join([*numbered[:head], left_out, *numbered[len(numbered) - tail :]])


def _folder(place: Workspace, path: str) -> str:
    """What is directly below `path`; empty where nothing is."""
    prefix = "" if path == "." else f"{path}/"
    below = [one.removeprefix(prefix) for one in place.draft.paths() if one.startswith(prefix)]
    counts = Counter(one.partition("/")[0] + ("/" if "/" in one else "") for one in below)
    if not counts:
        return ""
    shown = [
        f"{name} ({count} files)" if name.endswith("/") else name for name, count in sorted(counts.items())
    ]
    more = [f"and {len(shown) - _ENTRIES} more"] if len(shown) > _ENTRIES else []
    words = "\n".join([*shown[:_ENTRIES], *more])
    return f"{one_line(path, 200)}, a folder of {len(below)} files\n{quote(words, 'entries')}"


READ = Tool(
    name="read",
    description="Shows a file with line numbers (a page of it if it is long), or what is in a folder.",
    arguments=Read,
    use=read,
    example={"path": "pkg/core.py", "first": 1, "last": 80},
    only_reads=True,
)
