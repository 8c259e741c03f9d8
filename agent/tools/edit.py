"""edit: one exact piece of text replaced by another, refused at once where it may not be."""

from __future__ import annotations

import ast

from pydantic import Field

from hotloop.agent.prompts.quoting import one_line, quote
from hotloop.agent.tools.base import Arguments, Misuse, Tool
from hotloop.agent.tools.outputs import clipped
from hotloop.agent.tools.workspace import Workspace
from hotloop.repos.edits import closest_lines
from hotloop.repos.paths import path_problem

_AROUND = 2
_SHOWN = 30
_COMPARED = 100
_WIDTH = 300
_PLACES = 8


class Edit(Arguments):
    path: str = Field(description="The file, relative to the root.")
    old: str = Field(description="The text to replace, exactly as it stands there; empty for a new file.")
    new: str = Field(description="The text to put there.")


def edit(place: Workspace, asked: Edit) -> str:
    """Replace `old`, which must stand there once."""
    path = asked.path.strip().removeprefix("./")
    problem = path_problem(path)
    if problem is not None:
        raise Misuse(f"{one_line(path, 200)}: {problem}.")
    exists = place.draft.holds(path)
    if not asked.old:
        if exists:
            raise Misuse(
                f"{path} exists: give the text to replace as `old`. Only a new file has an empty one."
            )
        text, at = asked.new, 0
    else:
        text, at = _replaced(path, place.draft.text(path), asked)
    place.draft.put(path, text)
    return _shown(path, text, at, at + len(asked.new))


def _replaced(path: str, text: str, asked: Edit) -> tuple[str, int]:
    """The new text, and where in it the change begins."""
    old, new = asked.old, asked.new
    if "\r\n" in text and "\r" not in old:
        old, new = old.replace("\n", "\r\n"), new.replace("\r\n", "\n").replace("\n", "\r\n")
    if old == new:
        raise Misuse("`old` and `new` are the same: nothing to do.")
    count = text.count(old)
    if count == 1:
        at = text.index(old)
        return text[:at] + new + text[at + len(old) :], at
    if count:
        raise Misuse(
            f"`old` stands {count} times in {path}, at lines {_lines_of(text, old)}. "
            "Add the lines around it until it stands there once."
        )
    raise Misuse(
        f"`old` does not stand in {path}. It must be exact, with all spaces, and without the numbers that "
        f"read shows.{_closest(text, asked.old)}"
    )


def _closest(text: str, old: str) -> str:
    """Where the file is most like it."""
    if not old.strip():
        return ""
    keys = [line.removesuffix("\r") for line in text.split("\n")]
    wanted = [line[:_WIDTH] for line in old.strip("\n").split("\n")]
    return closest_lines(keys, wanted[:_COMPARED])


def _lines_of(text: str, old: str) -> str:
    places: list[str] = []
    at = text.find(old)
    while at >= 0 and len(places) < _PLACES:
        places.append(str(text.count("\n", 0, at) + 1))
        at = text.find(old, at + len(old))
    return ", ".join(places)


def _shown(path: str, text: str, start: int, end: int) -> str:
    lines = text.split("\n")
    first = text.count("\n", 0, start)
    last = text.count("\n", 0, end)
    shown = range(max(0, first - _AROUND), min(len(lines), last + _AROUND + 1))
    numbered = [f"{number + 1:5d} | {clipped(lines[number])}" for number in shown]
    more = [f"[… {len(numbered) - _SHOWN} more lines …]"] if len(numbered) > _SHOWN else []
    words = quote("\n".join([*numbered[:_SHOWN], *more]), "the lines as they are now")
    return f"Done: {path}, line {first + 1}.{_broken(path, text)}\n{words}"


def _broken(path: str, text: str) -> str:
    """What keeps a Python file from being read, in one sentence."""
    if not path.endswith(".py"):
        return ""
    try:
        ast.parse(text)
    except SyntaxError as error:
        return f" But the file no longer parses, line {error.lineno}: {one_line(error.msg, 200)}."
    except (ValueError, RecursionError) as error:
        return f" But the file cannot be parsed: {one_line(str(error), 200)}."
    return ""


EDIT = Tool(
    name="edit",
    description=(
        "Replaces a text that stands once in a file by another; whole lines with their neighbours are best. "
        "Tests, configuration and the workload cannot be edited."
    ),
    arguments=Edit,
    use=edit,
    example={"path": "pkg/core.py", "old": "    known = list(items)\n", "new": "    known = set(items)\n"},
)
