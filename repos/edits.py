"""Apply search/replace blocks to a tree's texts.

Matching is exact, but for white space at line ends when that leaves one place.
Every error is written for the model that sent the reply: what is wrong with
which block, and what to do.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hotloop.repos.blocks import Block, parse_blocks
from hotloop.repos.errors import EditError
from hotloop.repos.paths import link_in_path, path_problem
from hotloop.repos.texts import read_text

_BOM = "\ufeff"
_SHOWN_LINES = 12
_SHOWN_WIDTH = 160
_COMPARED_LINES = 5000
_LONGEST_ERROR = 6000


def edits_from_reply(reply: str, tree: Path, editable: Callable[[str], bool]) -> dict[str, str]:
    """The new text of each file that the blocks in `reply` change, by path.

    editable: whether a path may be changed. Nothing is written. Raises
    EditError, which lists every block that cannot be applied, when any cannot.
    """
    return apply_blocks(parse_blocks(reply), tree, editable)


def apply_blocks(blocks: Sequence[Block], tree: Path, editable: Callable[[str], bool]) -> dict[str, str]:
    """As `edits_from_reply`, for parsed blocks. Later blocks see what earlier ones made."""
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    problems: list[str] = []
    for block in blocks:
        try:
            if block.path not in after:
                before[block.path] = after[block.path] = _original(block, tree, editable)
            after[block.path] = _apply(block, after[block.path])
        except EditError as error:
            problems.append(f"Block {block.number}: {error}")
    if problems:
        raise EditError("\n\n".join(problems)[:_LONGEST_ERROR])
    changed = {path: text for path, text in after.items() if text != before[path] or not _exists(tree, path)}
    if not changed:
        raise EditError("The blocks change nothing: every REPLACE is the same as its SEARCH.")
    return changed


def _exists(tree: Path, path: str) -> bool:
    return (tree / path).exists()


def _original(block: Block, tree: Path, editable: Callable[[str], bool]) -> str:
    problem = path_problem(block.path)
    if problem:
        raise EditError(f"{block.path!a}: {problem}.")
    if not editable(block.path):
        raise EditError(f"{block.path}: this file may not be changed. Edit only the files you were offered.")
    if not _exists(tree, block.path) and not link_in_path(tree, block.path):
        return _no_file(block, tree)
    return read_text(tree, block.path)


def _no_file(block: Block, tree: Path) -> str:
    if block.makes_file:
        return ""
    name = block.path.rsplit("/", 1)[-1]
    similar = sorted(p.relative_to(tree).as_posix() for p in tree.rglob(_literal(name)) if p.is_file())[:3]
    hint = f" Did you mean {', '.join(similar)}?" if similar else " An empty SEARCH makes a new file."
    raise EditError(f"{block.path}: there is no such file.{hint}")


def _literal(name: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)


def _apply(block: Block, text: str) -> str:
    content = _Content.of(text)
    if not text:
        if not block.makes_file:
            raise EditError(f"{block.path}: the file is empty; use an empty SEARCH.")
        return "".join(f"{line}\n" for line in block.replace)
    if block.makes_file:
        raise EditError(
            f"{block.path}: the file exists, and an empty SEARCH only makes a new one. "
            "Put the lines to replace into SEARCH."
        )
    return content.replaced(_place(block, content.keys), len(block.search), block.replace)


def _place(block: Block, keys: list[str]) -> int:
    """The index of the one place where SEARCH matches."""
    wanted = list(block.search)
    places = _places(keys, wanted) or _places(
        [key.rstrip() for key in keys], [line.rstrip() for line in wanted]
    )
    if len(places) == 1:
        return places[0]
    if places:
        lines = ", ".join(str(place + 1) for place in places[:8])
        raise EditError(
            f"{block.path}: SEARCH matches {len(places)} times, at lines {lines}. "
            "Add lines around it until it matches once."
        )
    raise EditError(
        f"{block.path}: SEARCH matches nowhere. It must repeat the file's lines exactly, indentation too."
        f"{closest_lines(keys, wanted)}"
    )


def _places(keys: list[str], wanted: list[str]) -> list[int]:
    first, size = wanted[0], len(wanted)
    return [at for at, key in enumerate(keys) if key == first and keys[at : at + size] == wanted]


def closest_lines(keys: list[str], wanted: list[str]) -> str:
    """The part of the file most like SEARCH, numbered; empty when nothing is like it."""
    at = _likeliest(keys[:_COMPARED_LINES], wanted)
    if at is None:
        return ""
    shown = keys[at : at + min(len(wanted), _SHOWN_LINES)]
    numbered = "\n".join(f"{at + n:5d} | {line[:_SHOWN_WIDTH]}" for n, line in enumerate(shown, 1))
    return f" The closest lines are (numbers are not part of them):\n{numbered}"


def _likeliest(keys: list[str], wanted: list[str]) -> int | None:
    """Where a window as long as SEARCH shares most of its lines; else where its first line is most alike."""
    stripped = [key.strip() for key in keys]
    target = Counter(line.strip() for line in wanted if line.strip())
    votes: Counter[int] = Counter()
    for offset, line in enumerate(line.strip() for line in wanted):
        if target[line] == 1:
            votes.update(at - offset for at, key in enumerate(stripped) if key == line and at >= offset)
    if votes:
        return max(votes, key=lambda at: (votes[at], -at))
    first = next(line.strip() for line in wanted if line.strip())
    alike = difflib.get_close_matches(first, dict.fromkeys(stripped), n=1, cutoff=0.6)
    return stripped.index(alike[0]) if alike else None


@dataclass(frozen=True)
class _Content:
    """A text cut at line feeds. keys: the lines as a model writes them; ends: what follows each."""

    keys: list[str]
    ends: list[str]
    bom: str

    @classmethod
    def of(cls, text: str) -> _Content:
        bom = _BOM if text.startswith(_BOM) else ""
        lines = text.removeprefix(bom).split("\n")
        ends = ["\r\n" if line.endswith("\r") else "\n" for line in lines[:-1]] + [""]
        keys = [line.removesuffix("\r") for line in lines[:-1]] + [lines[-1]]
        if keys[-1] == "":
            del keys[-1], ends[-1]
        return cls(keys, ends, bom)

    def replaced(self, at: int, size: int, lines: Sequence[str]) -> str:
        """The text with `size` lines from `at` replaced, in the line ends that were there."""
        old_ends = self.ends[at : at + size]
        usual = next((end for end in [*old_ends, *self.ends] if end), "\n")
        new_ends = [usual] * len(lines)
        if lines and old_ends[-1] == "":
            new_ends[-1] = ""
        keys = [*self.keys[:at], *lines, *self.keys[at + size :]]
        ends = [*self.ends[:at], *new_ends, *self.ends[at + size :]]
        return self.bom + "".join(key + end for key, end in zip(keys, ends, strict=True))
