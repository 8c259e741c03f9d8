"""Find the search/replace blocks in a model's reply.

The format is aider's (aider.chat/docs/more/edit-formats.html, "diff"): the
path, then the lines to find and the lines to put there, between markers:

    path/to/file.py
    <<<<<<< SEARCH
    old
    =======
    new
    >>>>>>> REPLACE
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from hotloop.repos.errors import EditError

LARGEST_REPLY = 1 << 20  # bytes
EXAMPLE = "path/to/file.py\n<<<<<<< SEARCH\nold lines\n=======\nnew lines\n>>>>>>> REPLACE"

_HEAD = re.compile(r"^<{5,9} ?SEARCH\s*$")
_DIVIDER = re.compile(r"^={7}\s*$")
_TAIL = re.compile(r"^>{5,9} ?REPLACE\s*$")
_FENCE = re.compile(r"^\s*(?:`{3,}|~{3,})")
_QUOTED = re.compile(r"`([^`\n]+)`")
_DECORATION = " \t*#:`'\""
_LOOKS_BACK = 4  # lines: blank line, fence, path, and one to spare


@dataclass(frozen=True)
class Block:
    """One replacement. number: from 1, as errors name it. Lines are without their ends."""

    number: int
    path: str
    search: tuple[str, ...]
    replace: tuple[str, ...]

    @property
    def makes_file(self) -> bool:
        return not any(line.strip() for line in self.search)


def parse_blocks(reply: str) -> list[Block]:
    """All blocks of `reply`, in order. Raises EditError when there is none or one is malformed.

    The path may stand right above the block or above its code fence, alone or
    quoted in a line of prose; blocks that follow without one are for the same file.
    """
    if len(reply.encode("utf-8", "replace")) > LARGEST_REPLY:
        raise EditError("The reply is larger than 1 MiB. Send only the lines that change.")
    lines = [line.removesuffix("\r") for line in reply.split("\n")]
    blocks: list[Block] = []
    at = 0
    while at < len(lines):
        if _HEAD.match(lines[at]):
            block, at = _block(lines, at, blocks)
            blocks.append(block)
        else:
            at += 1
    if not blocks:
        raise EditError(f"The reply holds no search/replace block. Use this format:\n{EXAMPLE}")
    return blocks


def _block(lines: list[str], head: int, before: list[Block]) -> tuple[Block, int]:
    number = len(before) + 1
    divider = _next(lines, head + 1, _DIVIDER, number, "=======")
    tail = _next(lines, divider + 1, _TAIL, number, ">>>>>>> REPLACE")
    if any(_DIVIDER.match(line) for line in lines[divider + 1 : tail]):
        raise EditError(
            f"Block {number}: it holds more than one line of seven '=', so where its halves meet is unclear. "
            "Choose lines without one."
        )
    path = _path_above(lines, head) or (before[-1].path if before else None)
    if path is None:
        raise EditError(f"Block {number}: no path stands above it. Use this format:\n{EXAMPLE}")
    return Block(number, path, tuple(lines[head + 1 : divider]), tuple(lines[divider + 1 : tail])), tail + 1


def _next(lines: list[str], start: int, marker: re.Pattern[str], number: int, name: str) -> int:
    """Where the next `marker` is; another block's head before it means that this one is broken."""
    for at in range(start, len(lines)):
        if marker.match(lines[at]):
            return at
        if _HEAD.match(lines[at]):
            raise EditError(f"Block {number}: a new block starts before its '{name}' line.")
    raise EditError(f"Block {number}: it is cut off, its '{name}' line is missing. Send it again, shorter.")


def _path_above(lines: list[str], head: int) -> str | None:
    fenced = False
    for line in reversed(lines[max(0, head - _LOOKS_BACK) : head]):
        if _TAIL.match(line):
            return None
        if _FENCE.match(line):
            if fenced:  # the fence above is another one's end
                return None
            fenced = True
        elif line.strip():
            return _path_in(line)
    return None


def _path_in(line: str) -> str | None:
    """The path that a line names: the only quoted word like one, or all of it if it reads like one."""
    quoted = [word for word in _QUOTED.findall(line) if _reads_like_path(word)]
    if len(quoted) == 1:
        return str(quoted[0])
    whole = line.strip(_DECORATION)
    return whole if _reads_like_path(whole) else None


def _reads_like_path(text: str) -> bool:
    """A name with a suffix or a folder. With spaces in it only if each word could be part of a name."""
    last = text.rsplit("/", 1)[-1]
    if not text or text != text.strip() or not ("/" in text or re.search(r"\.\w{1,8}$", last)):
        return False
    return " " not in text or not re.search(r"[a-z] (?:the|in|to|of|for|is|a|and|with|this) ", text.lower())
