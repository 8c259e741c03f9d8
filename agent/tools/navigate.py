"""definitions, references and callers: by static analysis, which says where it cannot tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydantic import Field

from hotloop.agent.prompts.quoting import one_line, quote
from hotloop.agent.tools.base import Arguments, Misuse, Tool
from hotloop.agent.tools.symbols import Definition, Use
from hotloop.agent.tools.workspace import Workspace

_MOST = 60
_LONGEST_NAME = 300
_LINE = 160


class Named(Arguments):
    name: str = Field(description="A function, method, class or variable: total, Index.find, pkg.core.total.")
    path: str = Field(default="", description="Only what is defined in this file.")


def definitions(place: Workspace, asked: Named) -> str:
    """Where it is defined."""
    found = _found(place, asked)
    if not found:
        raise Misuse(_unknown(asked))
    lines = [
        f"{one.path}:{one.first}-{one.last} {one.kind} {one.name} | {_line(place, one)}" for one in found
    ]
    return _told(f"{_count(len(found), 'definition')} of {_name(asked)}", lines, "definitions")


def references(place: Workspace, asked: Named) -> str:
    """Where it is used, imports included."""
    return _uses(place, asked, only_calls=False)


def callers(place: Workspace, asked: Named) -> str:
    """The functions that call it."""
    return _uses(place, asked, only_calls=True)


def _uses(place: Workspace, asked: Named, *, only_calls: bool) -> str:
    defined = _found(place, asked)
    uses = [
        (use, sure)
        for use, sure in place.index.uses(asked.name.strip(), defined)
        if use.is_call or not only_calls
    ]
    if not uses and not defined:
        raise Misuse(_unknown(asked))
    lines = _calling(uses) if only_calls else [_reference(place, use, sure) for use, sure in uses]
    what = _count(len(uses), "call" if only_calls else "reference")
    remarks = [*_ambiguous(asked, defined, place), *_unsure(uses)]
    return _told(" ".join([f"{what} of {_name(asked)}.", *remarks]), lines, "uses")


def _found(place: Workspace, asked: Named) -> list[Definition]:
    name = asked.name.strip()
    if not name or len(name) > _LONGEST_NAME or not all(part.isidentifier() for part in name.split(".")):
        raise Misuse(f"{_name(asked)} is no name. Give one such as total, Index.find or pkg.core.total.")
    path = asked.path.strip().removeprefix("./")
    if path:
        place.draft.text(path)
    return [one for one in place.index.definitions(name) if not path or one.path == path]


def _calling(uses: Iterable[tuple[Use, bool]]) -> list[str]:
    """One line for each function that calls."""
    by_caller: dict[tuple[str, str], list[tuple[Use, bool]]] = {}
    for use, sure in uses:
        by_caller.setdefault((use.path, use.within or "<module>"), []).append((use, sure))
    lines = []
    for (path, caller), found in by_caller.items():
        mark = "" if all(sure for _, sure in found) else " ?"
        at = ", ".join(str(use.line) for use, _ in found[:8])
        lines.append(f"{path}: {caller} ({_count(len(found), 'call')}, lines {at}){mark}")
    return lines


def _reference(place: Workspace, use: Use, sure: bool) -> str:
    around = f" in {use.within}" if use.within else ""
    line = _source(place, use.path, use.line)
    return f"{use.path}:{use.line}{around}{'' if sure else ' ?'} | {line}"


def _ambiguous(asked: Named, defined: Sequence[Definition], place: Workspace) -> list[str]:
    last = asked.name.strip().rpartition(".")[2]
    others = [one for one in place.index.definitions(last) if one not in defined]
    places = ", ".join(f"{one.path}:{one.first}" for one in [*defined, *others][:5])
    if not defined:
        return ["It is not defined here."]
    if len(defined) + len(others) == 1:
        return []
    return [f"The name is ambiguous: {len(defined) + len(others)} definitions ({places})."]


def _unsure(uses: Sequence[tuple[Use, bool]]) -> list[str]:
    count = sum(not sure for _, sure in uses)
    return [f"{count} marked ? have the name, and may be of something else."] if count else []


def _told(head: str, lines: Sequence[str], label: str) -> str:
    more = [f"and {len(lines) - _MOST} more"] if len(lines) > _MOST else []
    return f"{head}\n{quote(chr(10).join([*lines[:_MOST], *more]), label)}" if lines else head


def _line(place: Workspace, one: Definition) -> str:
    """Its head, behind the decorators."""
    lines = place.draft.text(one.path).split("\n")[one.first - 1 : one.last]
    return one_line(next((line for line in lines if not line.lstrip().startswith("@")), ""), _LINE)


def _source(place: Workspace, path: str, number: int) -> str:
    lines = place.draft.text(path).split("\n")
    return one_line(lines[number - 1], _LINE) if number <= len(lines) else ""


def _name(asked: Named) -> str:
    return one_line(asked.name, 80)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _unknown(asked: Named) -> str:
    where = f" in {one_line(asked.path, 200)}" if asked.path else ""
    return f"{_name(asked)} is not defined{where}. Use search to find how it is written."


DEFINITIONS = Tool(
    name="definitions",
    description="Tells where a function, method, class or variable is defined.",
    arguments=Named,
    use=definitions,
    example={"name": "Index.find"},
    only_reads=True,
)
REFERENCES = Tool(
    name="references",
    description="Lists all uses of a name; ? marks those that may be of another thing of that name.",
    arguments=Named,
    use=references,
    example={"name": "Index.find"},
    only_reads=True,
)
CALLERS = Tool(
    name="callers",
    description="Lists the functions that call a function; ? marks those found by its name alone.",
    arguments=Named,
    use=callers,
    example={"name": "Index.find"},
    only_reads=True,
)
