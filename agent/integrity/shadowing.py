"""What a new file would hide: Python imports the first thing of a name that it finds."""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from hotloop.agent.integrity.module import read_bounded

_IMPORT = re.compile(r"^[ \t]*(?:import[ \t]+([\w., \t]+)|from[ \t]+(\w+)[\w.]*[ \t]+import\b)", re.MULTILINE)
_TEST_FILE = re.compile(r"(?:test_.*|.*_test|tests?|conftest)\.py")
_HARNESS = frozenset({"pytest", "_pytest", "pluggy", "unittest", "setuptools", "pip", "hotloop"})
_MOST_FILES = 5000
_MODULES = frozenset({".py", ".pyx", ".pxd"})


def folded(path: str) -> str:
    """`path` as a file system that does not tell letters' forms apart sees it."""
    return unicodedata.normalize("NFKC", path).casefold()


@dataclass(frozen=True)
class Surroundings:
    """What is at base. tree: of its sources. roots: import roots and the project's folder, relative to it.

    imported_by: texts, besides the tree's own, that say what is imported from elsewhere.
    removed: files that the same patch takes away.
    """

    tree: Path
    roots: Sequence[PurePosixPath]
    imported_by: Sequence[str] = ()
    removed: frozenset[PurePosixPath] = frozenset()

    def hidden_by(self, path: PurePosixPath) -> str | None:
        """Why a new file at `path` would change what other files mean, or None."""
        return self._twin(path) or self._hidden_module(path) or self._made_package(path) or self._name(path)

    def _twin(self, path: PurePosixPath) -> str | None:
        """Another name at base, of the file or of a folder it is in, that differs in case only."""
        folder = self.tree
        for part in path.parts:
            names = [child.name for child in folder.iterdir()] if folder.is_dir() else []
            twins = [name for name in names if name != part and folded(name) == folded(part)]
            if twins and part not in names:
                return (
                    f"differs from {folder.relative_to(self.tree) / twins[0]} only in how letters are written"
                )
            folder = folder / part
        return None

    def _hidden_module(self, path: PurePosixPath) -> str | None:
        """A new package is imported before a module of its name."""
        module = path.parent.with_suffix(".py") if path.name == "__init__.py" and path.parent.name else None
        if module is not None and module not in self.removed and (self.tree / module).is_file():
            return f"would be imported in place of {module}"
        return None

    def _made_package(self, path: PurePosixPath) -> str | None:
        if path.name == "__init__.py" and (path.parent in self._search or self._holds_tests(path.parent)):
            return "would make a package of a folder that is on the import path"
        return None

    def _name(self, path: PurePosixPath) -> str | None:
        """A new name at the top of the import path that something else has already."""
        if path.suffix not in _MODULES:
            return None
        for root in self._tops(path):
            name = path.relative_to(root).parts[0].partition(".")[0]
            if not self._is_there(root, name) and (owner := self._owner(root, name)) is not None:
                return f"would be imported in place of {owner}"
        return None

    def _tops(self, path: PurePosixPath) -> Iterator[PurePosixPath]:
        """Folders above `path` that are, or in a test run become, parts of the import path."""
        for folder in path.parents:
            loose = not (self.tree / folder / "__init__.py").is_file()
            if folder in self._search or (loose and self._holds_tests(folder)):
                yield folder

    @property
    def _search(self) -> set[PurePosixPath]:
        return {PurePosixPath("."), *self.roots}

    def _holds_tests(self, folder: PurePosixPath) -> bool:
        place = self.tree / folder
        return place.is_dir() and any(_TEST_FILE.fullmatch(child.name) for child in place.iterdir())

    def _is_there(self, root: PurePosixPath, name: str) -> bool:
        return any((self.tree / root / f"{name}{end}").exists() for end in ("", ".py", ".pyx"))

    def _owner(self, root: PurePosixPath, name: str) -> str | None:
        if name in sys.stdlib_module_names:
            return f"the standard library's {name}"
        for other in sorted(self._search - {root}):
            if self._is_there(other, name):
                return str(other / name)
        if name in _HARNESS or name in self.imported:
            return f"{name}, which is imported from elsewhere"
        return None

    @cached_property
    def imported(self) -> set[str]:
        """First names of all that is imported by absolute name, by the tree's files and `imported_by`."""
        found: set[str] = set()
        for text in (*self.imported_by, *_sources(self.tree)):
            for plain, origin in _IMPORT.findall(text):
                names = [part.split()[0] for part in plain.split(",") if part.split()]
                found |= {name.partition(".")[0] for name in [*names, origin] if name}
        return found


def _sources(tree: Path) -> Iterator[str]:
    left = _MOST_FILES
    for place, folders, names in os.walk(tree):
        folders.sort()
        for name in sorted(names):
            if name.endswith((".py", ".pyx")) and left > 0:
                left -= 1
                yield read_bounded(Path(place) / name) or ""
