"""A candidate in the making: the best tree's sources, and the edits made to them so far."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

from hotloop.agent.prompts.quoting import one_line
from hotloop.agent.tools.base import Misuse
from hotloop.repos.errors import EditError
from hotloop.repos.texts import read_text
from hotloop.repos.walk import walk

LARGEST_FILE = 2 << 20
Edits = dict[str, str]


class Draft:
    """Texts by path. Only what is committed is there: nothing that a build or a test left.

    tree: base's sources. before: what the best candidate made of them, None for a file
    that it removed. refused: why these edits may not be made, in one line, or None.
    """

    def __init__(
        self, tree: Path, before: Mapping[str, str | None], refused: Callable[[Edits], str | None]
    ) -> None:
        self.tree = tree
        self._before = dict(before)
        self._refused = refused
        self.edits: Edits = {}

    @cached_property
    def _committed(self) -> frozenset[str]:
        return frozenset(
            found.path for found in walk(self.tree) if found.kind == "file" and found.size <= LARGEST_FILE
        )

    def paths(self) -> list[str]:
        """Of every file, sorted."""
        removed = {path for path, text in self._before.items() if text is None}
        return sorted(
            (self._committed | self._before.keys() | self.edits.keys()) - (removed - self.edits.keys())
        )

    def holds(self, path: str) -> bool:
        return path in self.edits or (self._before.get(path, "") is not None and self._is_file(path))

    def _is_file(self, path: str) -> bool:
        return path in self._before or path in self._committed

    def text(self, path: str) -> str:
        """Raises Misuse for what is no text file here."""
        if not self.holds(path):
            raise Misuse(f"{one_line(path, 200)}: there is no such file.{self._similar(path)}")
        own = self.edits.get(path, self._before.get(path))
        if own is not None:
            return own
        try:
            return read_text(self.tree, path)
        except EditError as error:
            raise Misuse(one_line(str(error), 400)) from None

    def own(self) -> Edits:
        """The texts that are not as in `tree`."""
        before = {path: text for path, text in self._before.items() if text is not None}
        return {**before, **self.edits}

    def put(self, path: str, text: str) -> None:
        """Make `text` the file's. Raises Misuse where the file may not be changed so."""
        edits = {**self.edits, path: text}
        if not self._differs(path, text):
            del edits[path]
        reason = self._refused(edits) if edits else None
        if reason is not None:
            raise Misuse(f"Not done: {reason}")
        self.edits = edits

    def _differs(self, path: str, text: str) -> bool:
        """From the best tree: an edit that is taken back is none."""
        before = self._before.get(path)
        if before is None and path in self._committed and path not in self._before:
            before = read_text(self.tree, path)
        return before != text

    def _similar(self, path: str) -> str:
        name = path.rsplit("/", 1)[-1]
        paths = self.paths()
        found = [one for one in paths if one.rsplit("/", 1)[-1] == name]
        found = found or difflib.get_close_matches(path[:200], paths, n=3)
        return f" Did you mean {', '.join(found[:3])}?" if found else " Paths are relative to the root."
