from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hotloop.errors import UsageError
from hotloop.repos.errors import PatchError
from hotloop.repos.patch import make_patch
from hotloop.repos.publish import apply_to_worktree, branch_holds, check_branch, make_branch
from hotloop.repos.source import open_source
from hotloop.repos.tree import export

BASE = {"a.py": "x = 1\n", "pkg/b.py": "y = 1\r\n", "gone.py": "z\n", ".gitattributes": "*.py text=auto\n"}
EDITS = {"a.py": "x = 2\n", "pkg/b.py": "y = 2\r\n", "gone.py": None, "new ü.py": "n"}


def patched(repository: Any) -> tuple[Any, str]:
    repository.root.joinpath(".git/info/attributes").write_text("* -text\n")  # commit the bytes as they are
    repository.commit(BASE)
    source = open_source(repository.root)
    return source, make_patch(repository.root, EDITS)


def state(repository: Any) -> tuple[str, ...]:
    return tuple(
        repository.git(*command)
        for command in (
            ["status", "--porcelain"],
            ["rev-parse", "HEAD"],
            ["symbolic-ref", "HEAD"],
            ["diff", "--cached"],
        )
    )


def test_a_branch_has_one_commit_on_the_base_with_the_exact_bytes(repository: Any, tmp_path: Path) -> None:
    source, patch = patched(repository)
    before = state(repository)
    oid = make_branch(
        source, "hotloop/faster", patch, "Make it faster\n\nBy 2x.\n", ("Ann", "ann@example.org")
    )
    assert state(repository) == before
    assert repository.git("rev-parse", "hotloop/faster", "hotloop/faster^") == f"{oid}\n{source.base}"
    assert (
        repository.git("log", "-1", "--format=%an %ae %cn|%B", oid)
        == "Ann ann@example.org Ann|Make it faster\n\nBy 2x."
    )
    repository.git("clone", "--quiet", "--bare", "--branch", "hotloop/faster", ".", str(tmp_path / "b.git"))
    tree = export(open_source(tmp_path / "b.git"), tmp_path / "tree").tree
    assert {name: (tree / name).read_bytes() for name in ("a.py", "pkg/b.py", "new ü.py")} == {
        "a.py": b"x = 2\n",
        "pkg/b.py": b"y = 2\r\n",
        "new ü.py": b"n",
    }
    assert not (tree / "gone.py").exists()


def test_a_branch_is_made_while_the_work_tree_is_dirty_and_in_a_bare_repository(
    repository: Any, tmp_path: Path
) -> None:
    source, patch = patched(repository)
    (repository.root / "a.py").write_text("something else\n")
    make_branch(source, "one", patch, "m")
    assert (repository.root / "a.py").read_text() == "something else\n"
    repository.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare.git"))
    bare = open_source(tmp_path / "bare.git")
    assert make_branch(bare, "two", patch, "m")


def test_no_hook_and_no_filter_runs(repository: Any, tmp_path: Path) -> None:
    source, patch = patched(repository)
    marker = tmp_path / "ran"
    hooks = repository.root / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("pre-commit", "post-commit", "reference-transaction", "post-index-change", "pre-applypatch"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {marker}\n")
        (hooks / name).chmod(0o755)
    repository.git("config", "filter.evil.clean", f"touch {marker}; cat")
    repository.git("config", "filter.evil.smudge", f"touch {marker}; cat")
    (repository.root / ".git/info/attributes").write_text("*.py filter=evil\n")
    make_branch(source, "quiet", patch, "m")
    apply_to_worktree(source, patch)
    assert not marker.exists()


@pytest.mark.parametrize("name", ["", "-x", "a..b", "a b", "x.lock", "a\nb", "/x", "main", "main/sub", "@{"])
def test_a_name_that_is_taken_or_unfit_is_refused(repository: Any, name: str) -> None:
    source, patch = patched(repository)
    with pytest.raises(UsageError):
        make_branch(source, name, patch, "m")
    assert repository.git("for-each-ref", "--format=%(refname)", "refs/heads") == "refs/heads/main"


def test_a_branch_is_never_moved(repository: Any) -> None:
    source, patch = patched(repository)
    first = make_branch(source, "once", patch, "m")
    with pytest.raises(UsageError, match="exists"):
        make_branch(source, "once", patch, "other")
    assert repository.git("rev-parse", "once") == first


def test_a_branch_holds_the_patch_it_was_made_of_and_no_other(repository: Any) -> None:
    source, patch = patched(repository)
    other = make_patch(repository.root, {"a.py": "x = 3\n"})
    assert not branch_holds(source, "faster", patch)
    make_branch(source, "faster", patch, "Make it faster\n")
    assert branch_holds(source, "faster", patch)
    assert not branch_holds(source, "faster", other)


def test_a_plain_folder_has_no_branches(folder: Callable[..., Path]) -> None:
    with pytest.raises(UsageError, match="not a git repository"):
        check_branch(open_source(folder({"a.py": ""})), "x")


def test_a_patch_for_another_base_makes_no_branch(repository: Any) -> None:
    source, _ = patched(repository)
    wrong = "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-other\n+y\n"
    with pytest.raises(PatchError, match="does not apply to the base"):
        make_branch(source, "x", wrong, "m")
    with pytest.raises(PatchError, match="steers git"):
        make_branch(source, "x", wrong.replace("a.py", ".gitattributes"), "m")
    assert repository.git("branch", "--list", "x") == ""


@pytest.mark.parametrize("kind", ["git", "plain"])
def test_a_patch_is_applied_to_the_users_files(
    repository: Any, folder: Callable[..., Path], kind: str
) -> None:
    if kind == "git":
        source, patch = patched(repository)
    else:
        source = open_source(folder(BASE))
        patch = make_patch(source.root, EDITS)
    assert set(apply_to_worktree(source, patch)) == set(EDITS)
    for name, text in EDITS.items():
        place = source.root / name
        assert (place.read_bytes().decode() if place.exists() else None) == text
    if kind == "git":
        assert repository.git("diff", "--cached", "--name-only") == ""


def test_a_touched_file_with_changes_is_refused_and_others_do_not_matter(repository: Any) -> None:
    source, patch = patched(repository)
    (repository.root / "unrelated.py").write_text("")
    (repository.root / "new ü.py").write_text("mine")
    with pytest.raises(UsageError, match=r"new ü\.py has uncommitted changes"):
        apply_to_worktree(source, patch)
    assert (repository.root / "a.py").read_text() == "x = 1\n"
    (repository.root / "new ü.py").unlink()
    apply_to_worktree(source, patch)
    assert (repository.root / "a.py").read_text() == "x = 2\n"


def test_files_that_moved_on_are_refused(repository: Any) -> None:
    source, patch = patched(repository)
    repository.commit({"a.py": "x = 3\n"})
    with pytest.raises(UsageError, match="does not fit the files as they are"):
        apply_to_worktree(source, patch)
    assert (repository.root / "gone.py").exists()


def test_a_link_in_the_work_tree_is_not_followed(repository: Any, tmp_path: Path) -> None:
    source, patch = patched(repository)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "b.py").write_bytes(b"y = 1\r\n")
    (repository.root / "pkg" / "b.py").unlink()
    (repository.root / "pkg").rmdir()
    (repository.root / "pkg").symlink_to(outside)
    with pytest.raises(UsageError, match="symbolic link"):
        apply_to_worktree(source, patch)
    assert (outside / "b.py").read_bytes() == b"y = 1\r\n"


def test_a_bare_repository_has_no_files_to_change(repository: Any, tmp_path: Path) -> None:
    _, patch = patched(repository)
    repository.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare.git"))
    with pytest.raises(UsageError, match="no checked-out files"):
        apply_to_worktree(open_source(tmp_path / "bare.git"), patch)
