"""Whether modules show the same to those who import them: public names and how they are called.

Certain is what can break a caller: a name or parameter that is gone, another order, a
default that is gone or another. New names, and new parameters that are optional and private, break nobody.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

POSITIONAL = {"positional_only", "positional_or_keyword"}


def module_name(path: str, roots: tuple[PurePosixPath, ...]) -> str | None:
    """What a file is imported as; None where it lies below no import root."""
    pure = PurePosixPath(path)
    for root in sorted(roots, key=lambda root: -len(root.parts)):
        if pure.is_relative_to(root):
            parts = [*pure.relative_to(root).parent.parts, pure.stem]
            return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)
    return None


def imported_names(text: str | None) -> set[str]:
    """Names that a module has from elsewhere, as its text says."""
    nodes = ast.walk(ast.parse(text or ""))
    imports = (node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom))
    return {(alias.asname or alias.name).split(".")[0] for node in imports for alias in node.names}


def compare_surfaces(
    old: Mapping[str, Any], new: Mapping[str, Any], imported: set[str]
) -> tuple[list[str], list[str]]:
    """What differs for certain, and what only may matter. Of one module, as the runner tells of it.

    imported: names that the module at base has from elsewhere, whose going is no breach.
    """
    broken = new.get("broken")
    if broken is not None:
        return ([] if old.get("broken") is not None else [f"cannot be imported: {_text(broken)}"]), []
    certain: list[str] = []
    maybe: list[str] = []
    if old.get("all") != new.get("all"):
        certain.append("__all__ is another")
    before, after = _rows(old), _rows(new)
    for name in before:
        if name not in after:
            gone = name.split(".")[0] in imported and not before[name][2]
            (maybe if gone else certain).append(f"{name} is gone")
        else:
            for sure, text in _changes(name, before[name], after[name]):
                (certain if sure else maybe).append(text)
    maybe += [f"{name} is new" for name in after if name not in before and after[name][2]]
    return certain, maybe


def _rows(surface: Mapping[str, Any]) -> dict[str, list[Any]]:
    names = surface.get("names")
    found = names.items() if isinstance(names, dict) else ()
    return {str(name)[:200]: row for name, row in found if isinstance(row, list) and len(row) == 3}


def _text(broken: Any) -> str:
    known = broken if isinstance(broken, dict) else {}
    return f"{known.get('type')}: {known.get('text')}"[:300]


def _changes(name: str, old: list[Any], new: list[Any]) -> Iterator[tuple[bool, str]]:
    """Whether it is certain, and what differs, of one name."""
    if old[0] != new[0]:
        yield True, f"{name} was a {old[0]} and is a {new[0]}"
    if not isinstance(old[1], list) or not isinstance(new[1], list):
        return
    for sure, parameter in _other_defaults(old[1], new[1]):
        yield sure, f"{name}: the default of {parameter} is another"
    before, after = [tuple(row[:3]) for row in old[1]], [tuple(row[:3]) for row in new[1]]
    if before == after:
        return
    added = [row for row in after if row[0] not in {one[0] for one in before}]
    kept = [row for row in after if row not in added]
    harmless = all(str(row[0]).startswith("_") and row[2] for row in added)
    last = max((at for at, row in enumerate(after) if row in kept and row[1] in POSITIONAL), default=-1)
    misplaced = any(row[1] in POSITIONAL and after.index(row) < last for row in added)
    sure = kept != before or not harmless or misplaced
    yield sure, f"{name} was called {_called(before)} and is called {_called(after)}"


def _other_defaults(old: list[Any], new: list[Any]) -> Iterator[tuple[bool, str]]:
    """Parameters whose default is plain data and another now. An empty container of another type is not
    certain: `()` and `frozenset()` mostly do the same."""
    after = {str(row[0]): row[3] for row in new}
    for parameter, _, _, default in old:
        other = after.get(str(parameter))
        if isinstance(default, str) and isinstance(other, str) and default != other:
            empty = default.startswith("empty ") and other.startswith("empty ")
            yield not empty, str(parameter)[:40]


def _called(parameters: list[tuple[Any, ...]]) -> str:
    marks = {"var_positional": "*", "var_keyword": "**"}
    texts = [
        f"{marks.get(str(kind), '')}{str(name)[:40]}{'=…' if default else ''}"
        for name, kind, default in parameters
    ]
    return f"({', '.join(texts)})"[:200]
