"""The sides of a comparison, in real repositories."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from hotloop.errors import UsageError
from hotloop.repos.errors import RepoError
from hotloop.repos.revisions import (
    Revision,
    resolve_base,
    resolve_candidate,
    write_base,
    write_candidate,
    write_release,
)
from hotloop.repos.source import Source, open_source

ONE, TWO = "ONE = 1\n", "ONE = 2\n"


@pytest.fixture
def source(repository: Any) -> Source:
    """Two commits, the first tagged, with a change that is not committed."""
    repository.commit({"pkg.py": ONE})
    repository.git("tag", "v1")
    repository.commit({"pkg.py": TWO})
    (repository.root / "pkg.py").write_text("ONE = 3\n")
    return open_source(repository.root, clean=False)


def text_of(tree: Path) -> str:
    return (tree / "pkg.py").read_text()


def test_tags_branches_and_expressions_are_resolved_to_commits(source: Source, tmp_path: Path) -> None:
    tag, head, branch = (resolve_base(source, name) for name in ("v1", None, "main"))
    assert tag == resolve_base(source, "main~1").model_copy(update={"named": "v1"})
    assert head.identity == branch.identity == source.base
    write_base(source, tag, tmp_path / "one")
    write_base(source, head, tmp_path / "two")
    assert (text_of(tmp_path / "one"), text_of(tmp_path / "two")) == (ONE, TWO)


def test_changes_that_are_not_committed_are_told_and_not_taken(source: Source) -> None:
    assert any("uncommitted changes: pkg.py" in note for note in source.notes)
    with pytest.raises(UsageError, match="uncommitted"):
        open_source(source.root)


@pytest.mark.parametrize(
    "name",
    ["v2", "--help", "--git-dir=/tmp", "-n1", "v1..main", "HEAD^{tree}", "", "a\nb", "x" * 400, "v1:pkg.py"],
)
def test_what_git_does_not_know_is_refused_in_one_line(source: Source, name: str) -> None:
    with pytest.raises(UsageError, match="has no revision") as refused:
        resolve_base(source, name)
    assert len(str(refused.value).splitlines()) == 1


def test_a_patch_is_applied_to_the_base(source: Source, repository: Any, tmp_path: Path) -> None:
    patch = tmp_path / "fix.patch"
    patch.write_text(repository.git("diff", "v1", "main") + "\n")
    base, candidate = resolve_base(source, "v1"), resolve_candidate(source, str(patch))
    assert candidate.kind == "patch"
    write_base(source, base, tmp_path / "one")
    write_candidate(source, candidate, tmp_path / "one", tmp_path / "two")
    assert (text_of(tmp_path / "one"), text_of(tmp_path / "two")) == (ONE, TWO)


def test_a_patch_that_does_not_fit_says_so(source: Source, repository: Any, tmp_path: Path) -> None:
    patch = tmp_path / "fix.patch"
    patch.write_text(repository.git("diff", "v1", "main") + "\n")
    write_base(source, resolve_base(source, "main"), tmp_path / "one")
    with pytest.raises(UsageError, match=r"cannot be applied to base: .*--no-renames"):
        write_candidate(source, resolve_candidate(source, str(patch)), tmp_path / "one", tmp_path / "two")


@pytest.mark.parametrize(("content", "words"), [(b"", "empty"), (b"\xff\xfe\x00", "not UTF-8")])
def test_a_file_that_holds_no_patch_is_refused(
    source: Source, tmp_path: Path, content: bytes, words: str
) -> None:
    (tmp_path / "fix.patch").write_bytes(content)
    with pytest.raises(UsageError, match=words):
        resolve_candidate(source, str(tmp_path / "fix.patch"))


def test_a_missing_patch_is_told_from_a_missing_revision(source: Source) -> None:
    with pytest.raises(UsageError, match=r"no revision 'fix\.patch', nor a file of that name"):
        resolve_candidate(source, "fix.patch")


@pytest.mark.parametrize("name", ["x" * 400, "", "a\0b"])
def test_what_can_be_no_file_is_no_patch_either(source: Source, name: str) -> None:
    with pytest.raises(UsageError, match="has no revision"):
        resolve_candidate(source, name)


def test_a_branch_named_as_a_file_is_the_branch(
    source: Source, repository: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.git("branch", "faster")
    (tmp_path / "faster").write_text("not a patch")
    monkeypatch.chdir(tmp_path)
    assert resolve_candidate(source, "faster").kind == "commit"


def test_a_plain_folder_is_its_own_base(folder: Callable[[Mapping[str, str]], Path], tmp_path: Path) -> None:
    source = open_source(folder({"pkg.py": ONE}))
    base = resolve_base(source, None)
    write_base(source, base, tmp_path / "one")
    assert (base.kind, text_of(tmp_path / "one")) == ("folder", ONE)
    with pytest.raises(UsageError, match="no git repository"):
        resolve_base(source, "v1")


def test_a_plain_folder_that_changed_is_not_the_base_of_then(
    folder: Callable[[Mapping[str, str]], Path], tmp_path: Path
) -> None:
    place = folder({"pkg.py": ONE})
    base = resolve_base(open_source(place), None)
    (place / "pkg.py").write_text(TWO)
    with pytest.raises(UsageError, match="has changed since then"):
        write_base(open_source(place), base, tmp_path / "one")


def test_of_a_url_what_is_asked_for_is_fetched(repository: Any, tmp_path: Path) -> None:
    old = repository.commit({"pkg.py": ONE})
    repository.git("tag", "v1")
    repository.commit({"pkg.py": TWO})
    repository.git("config", "uploadpack.allowAnySHA1InWant", "true")
    url = f"file://{repository.root}"
    source = open_source(url)
    for name in ("v1", old):
        found = resolve_base(source, name, url)
        assert found.identity == old
    write_base(source, resolve_base(source, "v1", url), tmp_path / "one")
    assert text_of(tmp_path / "one") == ONE
    with pytest.raises(UsageError, match="v9 of file"):
        resolve_base(source, "v9", url)
    with pytest.raises(UsageError, match="has no revision"):
        resolve_base(source, "+v1:refs/heads/main", url)


def test_a_release_that_is_another_file_by_now_is_not_measured(tmp_path: Path) -> None:
    known = Revision(named="3.6", kind="release", identity="0" * 64)
    with pytest.raises(
        RepoError, match=r"idna-3\.6-py3-none-any\.whl is not the file that was compared then"
    ):
        write_release("idna", "3.6", tmp_path / "tree", python=(3, 11), platforms=(), known=known)
