"""When two changes are the same idea, and what a change is called."""

from __future__ import annotations

import hashlib
import json

from hotloop.agent.integrity.declared import declarations
from hotloop.agent.prompts.quoting import one_line

_READ = 20_000
_DECLARED = 4


def idea_key(edits: dict[str, str]) -> str:
    """The same for edits that differ only in blank lines, line ends and comments of their own line."""
    plain = {path: _code_lines(text) for path, text in sorted(edits.items())}
    return hashlib.sha256(json.dumps(plain).encode()).hexdigest()


def _code_lines(text: str) -> list[str]:
    lines = [line.rstrip() for line in text.splitlines()]
    return [line for line in lines if line and not line.lstrip().startswith("#")]


def summary_of(text: str, edits: dict[str, str]) -> str:
    """The text's first sentence, what was edited if it has none, and the caches it declares."""
    said: list[str] = []
    for line in text[:_READ].splitlines():
        plain = one_line(line.strip(" \t#*`>-"), 200)
        if line.lstrip().startswith(("<<<<<", "```")) or plain in edits:
            break
        if plain:
            said.append(plain)
    caches = [line for line in said if declarations(line)][:_DECLARED]
    first = said[0] if said and said[0] not in caches else f"Change {', '.join(sorted(edits))}"
    return "\n".join([one_line(first, 200), *caches])
