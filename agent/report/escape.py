"""Untrusted text, made safe for the medium that shows it.

Names, test output and model replies may hold terminal escapes, HTML, Markdown
and megabytes. Nothing of that may act where a person reads it; what is cut or
replaced stays visible.
"""

from __future__ import annotations

import re

# ECMA-48: CSI sequences, then OSC/DCS/PM/APC strings with their terminator.
# Strings are bounded so that an unterminated one cannot swallow what follows.
_SEQUENCES = re.compile(
    r"\x1b\[[0-?]{0,64}[ -/]{0,8}[@-~]"
    r"|\x1b[\]PX^_][^\x07\x1b]{0,512}(?:\x07|\x1b\\)"
    r"|\x1b[()*+][0-9A-Za-z]"
)
# What Markdown acts on in the middle of a line; what makes a list or a link at its start or in a URL.
_MARKUP = re.compile(r"[\\`*_\[\]<>|~&$]|^[-+=](?=\s|[-+=])|(?<=^\d)[.)]|:(?=//)|(?<=www)\.", re.I)
_REFERENCE = re.compile(r"[@#]")


def clip(text: str, limit: int) -> str:
    """At most `limit` characters: head and tail, and how much was left out between."""
    if len(text) <= limit:
        return text
    dropped = f" […{len(text) - limit} characters left out…] "
    head = limit * 2 // 3
    return text[:head] + dropped + text[len(text) - (limit - head) :]


def clip_lines(text: str, lines: int, width: int = 400) -> str:
    """At most `lines` lines of at most about `width` characters each."""
    found = text.splitlines()
    kept = [clip(line, width) for line in found[:lines]]
    if len(found) > lines:
        kept.append(f"[…{len(found) - lines} more lines…]")
    return "\n".join(kept)


def plain(text: str, limit: int = 2000) -> str:
    """Several lines for a terminal: no control, direction or invisible character is left live.

    Escape sequences are dropped, other such characters are shown as `\\x07`.
    """
    text = _SEQUENCES.sub("", clip(text, limit))
    return "".join(_visible(char) for char in text.replace("\r\n", "\n"))


def line(text: str, limit: int = 200) -> str:
    """`plain`, on one line."""
    return plain(" ".join(text[: limit * 8].split()), limit)


def prose(text: str, limit: int = 1200) -> str:
    """One Markdown paragraph that shows `text` letter by letter.

    "@" and "#" get an empty comment behind them: forges make mentions and
    references even of escaped ones.
    """
    return _REFERENCE.sub(r"\\\g<0><!-- -->", _MARKUP.sub(r"\\\g<0>", line(text, limit)))


def code(text: str, limit: int = 200) -> str:
    """A Markdown code span; its fence is longer than any run of backticks inside."""
    shown = line(text, limit) or " "
    fence = "`" * (_longest_run(shown) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def cell(text: str, limit: int = 200) -> str:
    """`code` inside a table, where a bar ends the cell even in a code span."""
    return code(text, limit).replace("|", "\\|")


def fence(text: str, language: str = "", lines: int = 400) -> str:
    """A Markdown block of code that nothing inside can close."""
    shown = plain(clip_lines(text, lines), limit=200_000)
    mark = "`" * max(3, _longest_run(shown) + 1)
    return f"{mark}{language}\n{shown}\n{mark}"


def _visible(char: str) -> str:
    if char.isprintable() or char in "\n\t":
        return char
    return char.encode("unicode_escape").decode("ascii")


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall(r"`+", text)), default=0)
