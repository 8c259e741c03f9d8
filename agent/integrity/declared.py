"""Caches that a candidate owns up to in its summary."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hotloop.agent.prompts.quoting import one_line

_LINE = re.compile(
    r"(?:^|;)\s*Cache:\s*(?P<what>[^;\n]{1,300}?)\s+keyed on\s+(?P<key>[^;\n]{1,300}?),\s*"
    r"bounded by\s+(?P<bound>[^;\n]{1,300})",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True)
class Declaration:
    """One line `Cache: <what> keyed on <what>, bounded by <what>`."""

    what: str
    words: str

    def names(self, subject: str) -> bool:
        return re.search(rf"(?<!\w){re.escape(subject)}(?!\w)", self.what) is not None


def declarations(summary: str) -> list[Declaration]:
    return [
        Declaration(found["what"], one_line(f"keyed on {found['key']}, bounded by {found['bound']}", 200))
        for found in _LINE.finditer(summary)
    ]


def declared_of(subject: str, subjects: set[str], given: list[Declaration]) -> str:
    """What a summary says of the cache `subject`, "" if nothing.

    A declaration counts for what it names; one that names none of the patch's
    caches counts where there is one cache and one declaration, and so no doubt.
    """
    if not subject:
        return ""
    named = next((one.words for one in given if one.names(subject)), "")
    alone = len(given) == 1 and len(subjects) == 1
    return named or (given[0].words if alone else "")
