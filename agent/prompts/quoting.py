"""Puts text that others wrote into a prompt so that it cannot pass for the prompt's own words."""

from __future__ import annotations

import hashlib

_MARK_LENGTH = 16


def quote(text: str, label: str) -> str:
    """`text` between marks that do not occur in it. `label` is ours.

    The mark is made from the text, so that the same prompt is the same bytes
    whenever it is built; one that the text holds already is made again.
    """
    mark = _digest(text)
    while mark in text:
        mark = _digest(mark + text)
    return f"<<data {mark} ({label})>>\n{text.rstrip()}\n<<end {mark}>>"


def clip(text: str, limit: int) -> str:
    """At most about `limit` characters of `text`: its beginning and its end."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n[… {len(text) - 2 * half} characters left out …]\n{text[-half:]}"


def one_line(text: str, limit: int) -> str:
    """`text` as one printable line of at most `limit` characters."""
    spaced = "".join(char if char.isprintable() else " " for char in text[: 4 * limit])
    line = " ".join(spaced.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:_MARK_LENGTH]
