"""The folders that a sandbox begins with. Started by path in containers: Python 3.9+, no dependencies.

Arguments: the scratch folder, the store of bytecode or nothing, and the names of folders to make.
"""

from __future__ import annotations

import json
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

CACHE = "pycache"
INDEX = "store.json"


def link_bytecode(store: str, links: Iterable[str], cache: str) -> None:
    """cache: what will be a PYTHONPYCACHEPREFIX. links: names below it and below the store's `code`."""
    for name in links:
        place = f"{cache}/{name}"
        os.makedirs(os.path.dirname(place), exist_ok=True)  # noqa: PTH103, PTH120  (pathlib doubles the start-up time here)
        os.symlink(f"{store}/code/{name}", place)  # noqa: PTH211


def main() -> None:
    scratch, store, *names = sys.argv[1:]
    for name in names:
        os.makedirs(f"{scratch}/{name}", exist_ok=True)  # noqa: PTH103
    if store:
        with open(f"{store}/{INDEX}", encoding="utf-8") as file:  # noqa: PTH123
            links = json.load(file)["links"]
        link_bytecode(store, links, f"{scratch}/{CACHE}")


if __name__ == "__main__":
    main()
