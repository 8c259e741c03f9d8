"""Trials on small repositories, in the local sandbox, with real processes."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hotloop.agent.events import EventLog
from hotloop.agent.folder import RunFolder
from hotloop.agent.gates.base import Trial
from hotloop.agent.people import gather_people
from hotloop.agent.settings import Settings
from hotloop.agent.state import Candidate, Spent
from hotloop.agent.workshop import Workshop, lay_out_tools
from hotloop.repos.patch import make_patch
from hotloop.repos.source import open_source
from hotloop.sandboxes.local import LocalBackend
from hotloop.sandboxes.overlay import release

MakeTrial = Callable[..., Trial]

WORKLOAD = """\
from pkg.core import total

def setup(seed):
    return list(range(seed % 7))

def workload(state):
    return total(state)
"""


@pytest.fixture(scope="session")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalBackend, RunFolder]]:
    folder = RunFolder.create(tmp_path_factory.mktemp("run"))
    backend = LocalBackend(lay_out_tools(folder), tmp_path_factory.mktemp("state"))
    yield backend, folder
    backend.reap(folder.id)


@pytest.fixture
def trial_of(backend: tuple[LocalBackend, RunFolder], tmp_path: Path) -> Iterator[MakeTrial]:
    """A trial of one new text of `pkg/core.py` against another, in a repository with these files."""
    numbers = itertools.count(1)
    shops: dict[str, Workshop] = {}

    def make(before: str, after: str, *, files: dict[str, str] | None = None, **changes: Any) -> Trial:
        given = {"tests/test_core.py": "", "bench.py": WORKLOAD, "pkg/__init__.py": "", **(files or {})}
        given["pkg/core.py"] = before
        key = repr((sorted(given.items()), sorted(changes.items())))
        if key not in shops:
            shops[key] = workshop(given, tmp_path / f"repo-{len(shops)}", backend, changes)
        shop, number = shops[key], next(numbers)
        patch = make_patch(shop.base_tree, {"pkg/core.py": textwrap.dedent(after)})
        candidate = Candidate(
            id=number, round=1, parent=None, summary="", origin="test", key=str(number), patch=patch
        )
        tree = shop.candidate_tree(patch, tmp_path / f"tree-{number}")
        return Trial(candidate, shop, None, tree, shop.base_tree)  # type: ignore[arg-type]  # no gate here reads the baseline

    yield make
    release(tmp_path)


def workshop(
    files: dict[str, str], place: Path, backend: tuple[LocalBackend, RunFolder], changes: dict[str, Any]
) -> Workshop:
    for name, text in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(textwrap.dedent(text))
    own = RunFolder(place.with_name(place.name + "-run"))
    own.path.mkdir()
    own.id = backend[1].id
    settings = Settings(**{"workload": Path("bench.py"), "tests": "true", "coder": "catalog", **changes})
    people = gather_people("catalog", settings, own, before=Spent())
    events = EventLog(own.events, None)
    return Workshop(
        settings, own, events, backend[0], open_source(place), people.coder, people.judge, people.budget
    )
