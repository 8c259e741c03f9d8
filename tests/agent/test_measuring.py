from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hotloop.agent import measuring
from hotloop.agent.settings import Settings
from hotloop.repos.tree import copy_tree
from hotloop.repos.trees import Trees
from hotloop.sandboxes import overlay


class MeasuredError(Exception):
    """The trees have been handed to the clock."""


@pytest.mark.parametrize("kind", ["overlay", "copy"])
def test_both_trees_are_folders_of_one_file_system_when_they_are_measured(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(overlay.SETTING, kind)
    seen: list[Path] = []

    @contextmanager
    def sandbox(tree: Path) -> Iterator[None]:
        assert overlay.find(tree) is None
        seen.append(tree)
        yield

    def compare(*given: Any) -> None:
        raise MeasuredError

    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "module.py").write_text("value = 1\n")
    base, trees = copy_tree(tmp_path / "first", tmp_path / "base"), Trees(tmp_path / "layers")
    shop = SimpleNamespace(trees=trees, sandbox=sandbox, settings=Settings(), workload=None)
    trial: Any = SimpleNamespace(
        workshop=shop,
        stage="final",
        baseline=SimpleNamespace(varies=False),
        rng=random.Random,
        against=trees.copy(base, tmp_path / "against"),
        tree=trees.copy(base, tmp_path / "tree"),
    )
    monkeypatch.setattr(measuring, "compare", compare)
    with pytest.raises(MeasuredError):
        measuring.measure(trial)
    assert seen == [trial.against, trial.tree]
    assert {tree.stat().st_dev for tree in seen} == {base.stat().st_dev}
    assert not overlay.release(tmp_path)
