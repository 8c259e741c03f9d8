"""The page on the catalog says what the catalog does."""

from __future__ import annotations

from pathlib import Path

import pytest

from hotloop.agent.coder.catalog.base import Rewrite
from hotloop.agent.coder.catalog.catalog import CATALOG

PAGE = Path(__file__).resolve().parents[3] / "docs" / "catalog.md"


def rows() -> dict[str, list[str]]:
    """The page's table: from the rewrite's name to the other cells."""
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return {name.strip("`"): rest for name, *rest in cells}


@pytest.mark.parametrize("rewrite", CATALOG, ids=lambda rewrite: rewrite.name)
def test_the_page_says_what_a_rewrite_does_and_when_it_is_wrong(rewrite: Rewrite) -> None:
    summary, when_wrong, sites, packages, proposed, verified = rows()[rewrite.name]
    assert summary == rewrite.summary
    assert when_wrong == rewrite.when_wrong
    assert 0 < int(packages) <= int(sites)
    assert 0 <= int(verified) <= int(proposed)


def test_the_page_lists_no_rewrite_that_is_gone() -> None:
    assert list(rows()) == [rewrite.name for rewrite in CATALOG]
