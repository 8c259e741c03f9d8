"""The catalog coder: only what is hot and may be edited, nothing twice, on the best tree so far."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from hotloop.agent.coder.base import ProposalContext
from hotloop.agent.coder.catalog.code import Code
from hotloop.agent.coder.catalog.coder import CatalogCoder
from hotloop.agent.state import Candidate, Evidence, Hotspot, Proposal

SOURCE = dedent('''
    """Words."""

    import re


    class Index:
        def find(self, words: list[str]):
            out = []
            for word in words:
                out.append(re.sub("a", "b", word))
            return self._join(out)

        def _join(self, words: list[str]):
            return "-".join(word.strip() for word in words)


    def cold():
        return dict()
    ''').lstrip()

FIND, JOIN, COLD = ("Index.find", 7), ("Index._join", 13), ("cold", 17)


def spot(
    place: tuple[str, int], share: float, file: str = "words.py", lines: dict[int, float] | None = None
) -> Hotspot:
    function, line = place
    return Hotspot(
        function=function,
        file=file,
        line=line,
        self_share=share,
        total_share=share,
        bound=1.5,
        lines=lines or {},
    )


def context(
    tree: Path, *spots: Hotspot, wanted: int = 10, tried: tuple[str, ...] = (), editable: bool = True
) -> ProposalContext:
    return ProposalContext(
        tree=tree,
        editable=lambda path: editable,
        workload="",
        hotspots=spots,
        tried=tuple(Evidence(candidate=candidate(number, key)) for number, key in enumerate(tried)),
        wanted=wanted,
    )


def candidate(number: int, key: str) -> Candidate:
    return Candidate(id=number, round=1, parent=None, summary="", origin="catalog", key=key, patch="")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "words.py").write_text(SOURCE)
    return tmp_path


def origins(proposals: list[Proposal]) -> list[str]:
    return [proposal.origin for proposal in proposals]


def test_it_proposes_only_for_hot_functions(tree: Path) -> None:
    found = CatalogCoder().propose(context(tree, spot(JOIN, 0.5), spot(COLD, 0.01)))
    assert origins(found) == ["catalog:list-for-generator"]
    assert found[0].edits == {
        "words.py": SOURCE.replace("(word.strip() for word in words)", "([word.strip() for word in words])")
    }


def test_a_place_whose_lines_take_next_to_nothing_is_left_alone(tree: Path) -> None:
    found = CatalogCoder().propose(context(tree, spot(FIND, 0.9, lines={9: 0.2, 10: 0.015})))
    assert origins(found) == ["catalog:comprehension-for-append"]


def test_what_is_worth_most_comes_first_and_no_more_than_wanted(tree: Path) -> None:
    everything = (spot(COLD, 0.1), spot(FIND, 0.9, lines={9: 0.2, 10: 0.6}))
    found = CatalogCoder().propose(context(tree, *everything))
    assert origins(found) == [
        "catalog:compile-pattern-once",
        "catalog:comprehension-for-append",
        "catalog:display-for-constructor",
    ]
    assert CatalogCoder().propose(context(tree, *everything, wanted=1)) == found[:1]


def test_a_function_that_a_hot_line_calls_is_hot_too(tree: Path) -> None:
    found = CatalogCoder().propose(context(tree, spot(FIND, 0.5, lines={11: 0.4})))
    assert "catalog:list-for-generator" in origins(found)
    found = CatalogCoder().propose(context(tree, spot(FIND, 0.5, lines={10: 0.4})))
    assert "catalog:list-for-generator" not in origins(found)


def test_nothing_is_proposed_where_nothing_may_be_edited(tree: Path) -> None:
    assert CatalogCoder().propose(context(tree, spot(FIND, 0.9), editable=False)) == []


def test_nothing_is_proposed_twice_even_when_the_site_has_moved(tree: Path) -> None:
    first = CatalogCoder().propose(context(tree, spot(FIND, 0.9), spot(JOIN, 0.5)))
    keys = tuple(proposal.key for proposal in first)
    assert len(set(keys)) == len(keys) == 3
    (tree / "words.py").write_text("# one line more\n" + SOURCE)
    moved = (spot((FIND[0], FIND[1] + 1), 0.9), spot((JOIN[0], JOIN[1] + 1), 0.5))
    assert CatalogCoder().propose(context(tree, *moved, tried=keys)) == []


BEST = dedent('''
    """Words."""

    import re


    _FIND_RE = re.compile("a")


    class Index:
        def find(self, words: list[str]):
            out = [_FIND_RE.sub("b", word) for word in words]
            return self._join(out)

        def _join(self, words: list[str]):
            return "-".join([word.strip() for word in words])


    def cold():
        return dict()
    ''').lstrip()


def test_accepted_rewrites_stack(tree: Path) -> None:
    path = tree / "words.py"
    tried: tuple[str, ...] = ()
    for _ in range(10):
        lines = {function.qualname: function.line for function in Code(path.read_text()).functions}
        spots = [spot((name, lines[name]), 0.9) for name in ("Index.find", "Index._join")]
        found = CatalogCoder().propose(context(tree, *spots, wanted=1, tried=tried))
        if not found:
            break
        tried += (found[0].key,)
        path.write_text(found[0].edits["words.py"])
    assert path.read_text() == BEST


@pytest.mark.parametrize(
    "source",
    [b"def broken(:\n", b"x = '\xff'\n", b"", b"print 'old'\n"],
    ids=["no Python", "no UTF-8", "empty", "Python 2"],
)
def test_a_file_that_cannot_be_read_gives_no_idea(tree: Path, source: bytes) -> None:
    (tree / "words.py").write_bytes(source)
    assert CatalogCoder().propose(context(tree, spot(FIND, 0.9))) == []


def test_a_hotspot_that_is_no_file_of_the_tree_gives_no_idea(tree: Path) -> None:
    (tree / "words.pyx").write_text(SOURCE)
    spots = (spot(FIND, 0.9, "gone.py"), spot(FIND, 0.9, "words.pyx"), spot(("Index.gone", 7), 0.9))
    assert CatalogCoder().propose(context(tree, *spots)) == []


def test_line_endings_and_everything_else_stay_as_they_were(tree: Path) -> None:
    windows = SOURCE.replace("\n", "\r\n").replace("# ", "#\t")
    (tree / "words.py").write_bytes(windows.encode())
    found = CatalogCoder().propose(context(tree, spot(JOIN, 0.9)))
    expected = windows.replace("(word.strip() for word in words)", "([word.strip() for word in words])")
    assert [proposal.edits["words.py"] for proposal in found] == [expected]
