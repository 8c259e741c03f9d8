"""A small repository with something to find, and places to work on it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hotloop.agent.events import EventLog
from hotloop.agent.folder import RunFolder
from hotloop.agent.people import gather_people
from hotloop.agent.settings import Settings
from hotloop.agent.state import Spent
from hotloop.agent.tools import TOOLS
from hotloop.agent.tools.draft import Draft, Edits
from hotloop.agent.tools.index import Index
from hotloop.agent.tools.workspace import Workspace
from hotloop.agent.workshop import Workshop, lay_out_tools
from hotloop.repos.source import open_source
from hotloop.sandboxes.registry import make

CORE = """\
def keep(items, wanted):
    known = [str(item) for item in wanted]
    return [item for item in items if str(item) in known]


def other(items):
    return len(items)
"""
FILES = {
    "pkg/__init__.py": "from .core import keep\n",
    "pkg/core.py": CORE,
    "pkg/uses.py": (
        "from pkg import core\n"
        "from pkg.core import keep\n"
        "\n"
        "\n"
        "class Filter:\n"
        "    def keep(self, items):\n"
        "        return keep(items, self.wanted)\n"
        "\n"
        "    def twice(self, items):\n"
        "        return self.keep(self.keep(items)), core.keep(items, [])\n"
        "\n"
        "\n"
        "def run(thing, items):\n"
        "    return thing.keep(items)\n"
    ),
    "tests/test_core.py": (
        "from pkg.core import keep, other\n"
        "\n"
        "def test_keep():\n"
        "    assert keep([3, 1, 2], [1, 3]) == [3, 1]\n"
        "\n"
        "def test_other():\n"
        "    assert other([1]) == 1\n"
    ),
    "bench.py": (
        "import random\n"
        "from pkg.core import keep\n"
        "\n"
        "def setup(seed):\n"
        "    rng = random.Random(seed)\n"
        "    return [rng.randrange(1000) for _ in range(300)], [rng.randrange(1000) for _ in range(300)]\n"
        "\n"
        "def workload(state):\n"
        "    return keep(*state)\n"
    ),
}
FASTER = {
    "path": "pkg/core.py",
    "old": "".join(CORE.splitlines(keepends=True)[1:3]),
    "new": "    known = set(wanted)\n    return [item for item in items if item in known]\n",
}


def write(place: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, text in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return place


def commit(place: Path, files: Mapping[str, str | bytes] = FILES) -> Path:
    write(place, files)
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "Import"]):
        identity = ["-c", "user.name=T", "-c", "user.email=t@localhost"]
        subprocess.run(["git", *identity, *words], cwd=place, check=True)
    return place


def only_sources(edits: Edits) -> str | None:
    """A scope that needs no run around it."""
    bad = [path for path in edits if not path.startswith("pkg/")]
    return f"{bad[0]}: belongs to tests" if bad else None


def desk(
    tree: Path,
    before: Mapping[str, str | None] | None = None,
    refused: Callable[[Edits], str | None] = only_sources,
) -> Workspace:
    """A place without anything that runs, for tools that only look and edit."""
    draft = Draft(tree, before or {}, refused)
    nothing: Any = None
    return Workspace(draft, Index(draft), nothing, {})


def use(place: Workspace, tool: str, /, **arguments: Any) -> str:
    """What the tool answers. Raises Misuse."""
    found = next(one for one in TOOLS if one.name == tool)
    return found.answer(place, json.dumps(arguments))


@contextmanager
def workshop(place: Path, out: Path, sandbox: str, **settings: Any) -> Iterator[Workshop]:
    """Around the repository at `place`, as a run would have it."""
    folder = RunFolder.create(out)
    tools = lay_out_tools(folder)
    chosen = Settings(coder="catalog", workload=Path("bench.py"), measure_seconds=12.0, **settings)
    events = EventLog(folder.events, None)
    people = gather_people("catalog", chosen, folder, before=Spent())
    backend = make(sandbox, tools)
    backend.check()
    shop = Workshop(
        chosen, folder, events, backend, open_source(place), people.coder, people.judge, people.budget
    )
    try:
        shop.prepare()
        yield shop
    finally:
        shop.backend.reap(shop.folder.id)
        shop.folder.discard_work()
