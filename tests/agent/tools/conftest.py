"""Makes `tool_ground` and `openai_server` importable: tests are not a package. And what tests share."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

for folder in (Path(__file__).parent, Path(__file__).parent.parent):
    if str(folder) not in sys.path:
        sys.path.append(str(folder))

from tool_ground import commit, workshop  # noqa: E402  (the lines above make it importable)

from hotloop.agent.testing import run_in_copy  # noqa: E402
from hotloop.agent.tools.lab import Round  # noqa: E402
from hotloop.profilers.engines import turns  # noqa: E402


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Round]:
    """A round on a real tree, in a sandbox from which nothing of the machine can be reached."""
    repository = commit(tmp_path_factory.mktemp("repository"))
    with workshop(repository, tmp_path_factory.mktemp("runs"), "bubblewrap") as shop:
        base = run_in_copy(shop, shop.base_tree, "base")
        assert len(base.passed) == 2
        baseline: Any = SimpleNamespace(tests=(base, base), varies=True)
        yield Round(shop, baseline, (), shop.base_tree, "", 1)


@pytest.fixture
def short_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fifth of the usual time a process pair: the gain here is no matter of per cents."""
    monkeypatch.setattr(turns, "PAIR_NS", 2e8)
