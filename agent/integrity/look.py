"""What a change adds: the rules on both versions of its files, and the difference."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from hotloop.agent.integrity.declared import declarations, declared_of
from hotloop.agent.integrity.finding import Finding
from hotloop.agent.integrity.module import LARGEST, Module, Signal
from hotloop.agent.integrity.rules import RULES
from hotloop.agent.integrity.rules.words import words
from hotloop.agent.prompts.quoting import one_line

MOST = 40
"""Findings kept of one patch, the certain ones first."""
_LONGEST_LINE = 160
_DEEPEST = 3  # code in text in code
_UNREAD = "could not be read"
_USUAL_TOO = {"uses a stream by its number": "writes to the output", "asks git": "works with git"}
"""What a file does already it may honestly do by another way."""


@dataclass(frozen=True)
class _New:
    file: str
    signal: Signal
    certain: bool


def look(
    before: Mapping[str, str | None],
    after: Mapping[str, str | None],
    *,
    summary: str = "",
    changed: Mapping[str, Collection[int]] | None = None,
) -> tuple[Finding, ...]:
    """Findings on the files of a patch, the certain ones first, at most `MOST`.

    before, after: texts by path, None where there is no such file. changed: numbers
    of the lines that the patch adds, by path: of several alike, one of them is named.
    What only moved, from one of the files to another too, is not new. What base's
    version of the same file does in kind is never certain.
    """
    old = {path: _signals(text) for path, text in before.items()}
    new = {path: _signals(text) for path, text in after.items()}
    found = list(_added(old, new, changed or {}))
    subjects = {one.signal.subject for one in found if one.signal.subject}
    given = declarations(summary)
    findings = [
        _finding(one, after[one.file] or "", declared_of(one.signal.subject, subjects, given))
        for one in found
    ]
    return tuple(sorted(findings, key=lambda one: (not one.certain, one.file, one.line))[:MOST])


def _signals(text: str | None) -> list[Signal]:
    """Every rule on one file. A file that is not Python as this interpreter knows it is told as such."""
    if text is None:
        return []
    if len(text) > LARGEST:
        return [Signal(_UNREAD, text, 1, "it is too large to be source: nothing was looked for")]
    try:
        return list(_ruled(Module(text)))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        why = f"Hotloop's Python cannot parse this file ({type(error).__name__}): only words were looked for"
        return [Signal(_UNREAD, text, 1, why), *words(text)]


def _ruled(module: Module, depth: int = 0) -> Iterator[Signal]:
    """Every rule on a module, and on the text that it runs by `exec` and `eval` as if that stood there."""
    for rule in RULES:
        yield from rule(module)
    for text, line in module.run_texts() if depth < _DEEPEST else ():
        try:
            inner = list(_ruled(Module(text), depth + 1))
        except (SyntaxError, ValueError):  # it will fail when it runs, too
            continue
        yield from (replace(signal, line=line) for signal in inner)


def _added(
    old: Mapping[str, list[Signal]], new: Mapping[str, list[Signal]], changed: Mapping[str, Collection[int]]
) -> Iterator[_New]:
    left = Counter((one.kind, one.key) for signals in old.values() for one in signals)
    places: dict[tuple[str, str], list[tuple[str, Signal]]] = defaultdict(list)
    for path, signals in new.items():
        for one in signals:
            places[one.kind, one.key].append((path, one))
    for key, where in places.items():
        # Those on lines that the patch does not touch were there before, so they are taken off first.
        where.sort(key=lambda place: (place[1].line in changed.get(place[0], ()), place[1].line))
        for path, one in where[left[key] :]:
            yield _New(path, one, one.certain and not _usual(one, old.get(path, ())))


def _usual(new: Signal, known: Sequence[Signal]) -> bool:
    """Whether base's version of the file does such a thing already."""
    related = _USUAL_TOO.get(new.kind)
    return any((one.kind == new.kind and one.certain) or one.kind == related for one in known)


def _finding(new: _New, text: str, declared: str) -> Finding:
    signal = new.signal
    lines = text.split("\n")
    line = lines[signal.line - 1] if 0 < signal.line <= len(lines) else ""
    return Finding(
        kind=signal.kind,
        file=new.file,
        line=signal.line,
        text=one_line(line, _LONGEST_LINE),
        why=signal.why,
        certain=new.certain,
        declared=declared,
    )
