"""Gathers what the modules of a Python compile to. Run by that Python itself, 3.9+, no dependencies.

Arguments: the folder to fill, and folders to look into beside the interpreter's own.
`code` in it is laid out as below a PYTHONPYCACHEPREFIX, and `store.json` says `roots`, the
folders that were looked into, and `links`: names below `code`, each a module, a package
or a whole root, of which nothing worth it is missing. Bytecode that lies beside its source
and fits it is taken, for who could write it could write the source; the rest is compiled.
"""

from __future__ import annotations

import json
import os
import py_compile
import shutil
import sys
import sysconfig
import time
from importlib.util import MAGIC_NUMBER, cache_from_source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 60.0
"""For compiling. What is not reached is compiled by those who import it, as ever."""
SELDOM = frozenset(
    ("__pycache__", "test", "tests", "idlelib", "turtledemo", "lib2to3", "ensurepip", "lexers", "styles")
)
"""Folders that hardly anybody imports from."""
ENDING = f".{sys.implementation.cache_tag}.pyc"


def roots(more: list[str]) -> list[str]:
    """Of the import path only what is the interpreter's: an editable install leads into a tree."""
    own = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    packages = {path for path in sys.path if os.path.basename(path) in ("site-packages", "dist-packages")}  # noqa: PTH119  (pathlib doubles the start-up time here)
    return sorted(path for path in own | packages | set(more) if os.path.isdir(path))  # noqa: PTH112


def fits(bytecode: str, source: os.stat_result) -> bool:
    """Whether the import system would take it, by the header of PEP 552."""
    try:
        with open(bytecode, "rb") as file:  # noqa: PTH123
            head = file.read(16)
    except OSError:
        return False
    by_hash = len(head) == 16 and head[4] & 1
    numbers = (int(source.st_mtime) & 0xFFFFFFFF, source.st_size & 0xFFFFFFFF)
    known = b"".join(number.to_bytes(4, "little") for number in numbers)
    return head[:4] == MAGIC_NUMBER and bool(by_hash or head[4:] == bytes(4) + known)


class Store:
    def __init__(self, folder: str, found: list[str]) -> None:
        self.code = f"{folder}/code"
        self.found = found
        self.links: list[str] = []
        self.deadline = time.monotonic() + SECONDS

    def fill(self) -> None:
        """A root is linked to as one where no other lies in it and all of it was reached."""
        for root in self.found:
            os.makedirs(self.code + root, exist_ok=True)  # noqa: PTH103
            whole = self.children(root)
            nested = any(other.startswith(root + "/") for other in self.found)
            self.links += whole if nested or self.over() else [root.lstrip("/")]

    def over(self) -> bool:
        return time.monotonic() > self.deadline

    def children(self, root: str) -> list[str]:
        """Names of what is whole in it."""
        names = []
        for entry in os.scandir(root):
            name = entry.path.lstrip("/")
            if entry.name.endswith(".py"):
                name = name[:-3] + ENDING
                self.add(entry)
            elif entry.name.isidentifier() and entry.name not in SELDOM and entry.is_dir():
                self.add_folder(entry.path)
            if not self.over() and os.path.exists(f"{self.code}/{name}"):  # noqa: PTH110
                names.append(name)
        return names

    def add_folder(self, folder: str) -> None:
        for place, names, _ in os.walk(folder):
            names[:] = [name for name in names if name not in SELDOM]
            for entry in sources(place):
                self.add(entry)

    def add(self, entry: os.DirEntry[str]) -> None:
        made = f"{self.code}{entry.path[:-3]}{ENDING}"
        native = cache_from_source(entry.path)
        os.makedirs(os.path.dirname(made), exist_ok=True)  # noqa: PTH103, PTH120
        if fits(native, entry.stat()):
            take(native, made)
        elif not self.over():
            compile_to(entry.path, made)


def sources(place: str) -> Iterator[os.DirEntry[str]]:
    return (entry for entry in os.scandir(place) if entry.name.endswith(".py") and entry.is_file())


def take(native: str, made: str) -> None:
    """As a second name where that can be: long symbolic links take a block and a millisecond each."""
    try:
        os.link(native, made)
    except OSError:
        shutil.copyfile(native, made)


def compile_to(source: str, made: str) -> None:
    try:
        mode = py_compile.PycInvalidationMode.TIMESTAMP
        py_compile.compile(source, cfile=made, doraise=True, invalidation_mode=mode)
    except (OSError, ValueError, py_compile.PyCompileError):
        return  # for whoever imports it to see


def main() -> None:
    folder = sys.argv[1]
    store = Store(folder, roots(sys.argv[2:]))
    store.fill()
    with open(f"{folder}/store.json", "w", encoding="utf-8") as file:  # noqa: PTH123
        json.dump({"roots": store.found, "links": store.links}, file)


if __name__ == "__main__":
    main()
