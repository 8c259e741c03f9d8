"""What commands and tests said: long ones are shown cut in the middle and kept to be read further."""

from __future__ import annotations

from hotloop.agent.prompts.quoting import quote

SHOWN = 8_000
"""Characters of one output that are shown at once."""

_KEPT = 20
_LONGEST_LINE = 400


class Outputs:
    """The last of them, named @1, @2 and so on."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._count = 0

    def show(self, text: str, label: str, limit: int = SHOWN) -> str:
        """`text` as a quotation; where it is too long its beginning and end, and how to read the rest."""
        if len(text) <= limit:
            return quote(text, label)
        lines = [piece for line in text.split("\n") for piece in _folded(line)]
        name = self._keep("\n".join(lines))
        head, tail = ends(lines, limit)
        left_out = f"[… lines {head + 1} to {len(lines) - tail} left out …]"
        shown = [*lines[:head], left_out, *lines[len(lines) - tail :]]
        rest = f'The whole has {len(lines)} lines: read {{"path": "{name}", "first": {head + 1}}}'
        return f"{quote(chr(10).join(shown), label)}\n{rest}"

    def find(self, name: str) -> str | None:
        return self._texts.get(name)

    def _keep(self, text: str) -> str:
        self._count += 1
        name = f"@{self._count}"
        self._texts[name] = text
        self._texts.pop(f"@{self._count - _KEPT}", None)
        return name


def ends(lines: list[str], limit: int) -> tuple[int, int]:
    """How many lines from the beginning and from the end fit into `limit` characters."""
    head = _fitting(lines, limit // 2)
    return head, _fitting(lines[head:][::-1], limit // 2)


def clipped(line: str) -> str:
    line = line.removesuffix("\r")
    if len(line) <= _LONGEST_LINE:
        return line
    return f"{line[:_LONGEST_LINE]}[… {len(line) - _LONGEST_LINE} characters …]"


def _folded(line: str) -> list[str]:
    """In pieces that can be shown whole."""
    return [line[at : at + _LONGEST_LINE] for at in range(0, len(line), _LONGEST_LINE)] or [""]


def _fitting(lines: list[str], limit: int) -> int:
    for count, line in enumerate(lines):
        limit -= min(len(line), _LONGEST_LINE) + 1
        if limit < 0:
            return count
    return len(lines)
