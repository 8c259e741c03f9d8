"""Names of the tables in a file that is not plain Python, such as Cython: by word, and never certain."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hotloop.agent.integrity.module import Signal
from hotloop.agent.integrity.rules.tables import CALLS, MODULES

_MARKS = {name: mark for mark in (*CALLS, *MODULES) for name in mark.names}
_NAMES = re.compile(
    r"(?<![\w.])(?:"
    + "|".join(re.escape(name.removeprefix("builtins.")) for name in sorted(_MARKS, key=len, reverse=True))
    + r")(?!\w)"
)


def words(text: str) -> Iterator[Signal]:
    for number, line in enumerate(text.split("\n"), 1):
        for found in _NAMES.finditer(line.partition("#")[0]):
            mark = _MARKS.get(found[0]) or _MARKS[f"builtins.{found[0]}"]
            yield Signal(mark.kind, found[0], number, mark.why)
