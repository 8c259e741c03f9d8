from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hotloop.repos.errors import RepoError
from hotloop.repos.source import open_source
from hotloop.repos.tree import MTIME, copy_tree, export, stays_inside, tree_hash


def names(tree: Path) -> list[str]:
    return sorted(
        path.relative_to(tree).as_posix()
        for path in tree.rglob("*")
        if not path.is_dir() or path.is_symlink()
    )


def test_an_export_holds_the_committed_bytes_and_no_git(repository: Any, tmp_path: Path) -> None:
    attributes = "* text=auto eol=crlf\nhidden.py export-ignore\n*.tag export-subst\nd.bin -text\n"
    files = {
        ".gitattributes": attributes,
        "hidden.py": "x = 1\n",
        "v.tag": "$Format:%H$\n",
        "deep/er/e.py": "",
        "d.bin": bytes(range(256)),
        "späce ü.py": "",
        "-dash.py": "",
    }
    repository.commit(files)
    tree = tmp_path / "tree"
    assert export(open_source(repository.root), tree).omitted == {}
    assert names(tree) == sorted(files)
    for name, content in files.items():
        assert (tree / name).read_bytes() == (content.encode() if isinstance(content, str) else content)


def test_an_export_is_the_commit_not_the_work_tree(repository: Any, tmp_path: Path) -> None:
    repository.commit({"a.py": "x = 1\n", ".gitignore": "*.so\n__pycache__\n"})
    (repository.root / "built.so").write_bytes(b"\x7fELF")
    export(open_source(repository.root), tmp_path / "tree")
    assert names(tmp_path / "tree") == [".gitignore", "a.py"]


def test_modes_and_safe_links_are_kept_and_times_are_fixed(repository: Any, tmp_path: Path) -> None:
    repository.root.joinpath("pkg").mkdir()
    (repository.root / "pkg" / "link.py").symlink_to("../a.py")
    (repository.root / "folder-link").symlink_to("pkg")
    (repository.root / "run.sh").write_text("#!/bin/sh\n")
    (repository.root / "run.sh").chmod(0o755)
    repository.commit({"a.py": "x = 1\n"})
    tree = export(open_source(repository.root), tmp_path / "tree").tree
    assert (tree / "pkg" / "link.py").readlink() == Path("../a.py")
    assert (tree / "folder-link").readlink() == Path("pkg")
    assert (tree / "run.sh").stat().st_mode & 0o777 == 0o755
    assert (tree / "a.py").stat().st_mode & 0o777 == 0o644
    assert {path.lstat().st_mtime for path in [tree, *tree.rglob("*")]} == {MTIME}


@pytest.mark.parametrize("kind", ["git", "plain"])
def test_links_that_leave_the_tree_are_omitted_and_listed(
    repository: Any, folder: Callable[..., Path], tmp_path: Path, kind: str
) -> None:
    root = repository.root if kind == "git" else folder({"a.py": ""})
    for name, target in {
        "abs": "/etc/passwd",
        "up": "../secret",
        "through": "sub/../../x",
        "git": ".git/config",
    }.items():
        (root / name).symlink_to(target)
    if kind == "git":
        repository.commit({"a.py": ""})
    exported = export(open_source(root), tmp_path / "tree")
    assert set(exported.omitted) == {"abs", "up", "through", "git"}
    assert names(tmp_path / "tree") == ["a.py"]


@pytest.mark.parametrize(
    ("path", "target", "inside"),
    [
        ("link", "a.py", True),
        ("a/link", "../b", True),
        ("a/b/link", "../../c/d", True),
        ("a/link", "../..", False),
        ("link", "..", False),
        ("link", "/etc", False),
        ("link", "a/../b", False),
        ("link", "", False),
    ],
)
def test_a_link_stays_inside_or_not(path: str, target: str, inside: bool) -> None:
    assert stays_inside(path, target) is inside


def test_no_chain_of_kept_links_leads_out(folder: Callable[..., Path], tmp_path: Path) -> None:
    """`p/q/top/../..` reads as `p` but, `top` being the root, leads above the tree."""
    root = folder({"p/q/a.py": ""})
    (root / "p" / "q" / "top").symlink_to("../..")
    (root / "p" / "q" / "out").symlink_to("top/../..")
    tree = export(open_source(root), tmp_path / "tree").tree
    for path in tree.rglob("*"):
        assert path.resolve().is_relative_to(tree.resolve())


def test_a_plain_folder_is_exported_without_bytecode_and_odd_files(
    folder: Callable[..., Path], tmp_path: Path
) -> None:
    root = folder({"a.py": "", "__pycache__/a.cpython-311.pyc": b"x", "pkg/__pycache__/b.pyc": b"x"})
    os.mkfifo(root / "pipe")
    exported = export(open_source(root), tmp_path / "tree")
    assert exported.omitted == {"pipe": "neither a file, a folder nor a link"}
    assert names(tmp_path / "tree") == ["a.py"]


def test_submodules_are_omitted(repository: Any, make_repository: Callable[..., Any], tmp_path: Path) -> None:
    other = make_repository("other")
    other.commit({"o.py": ""})
    repository.commit({"a.py": ""})
    repository.git(
        "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other.root), "vendor"
    )
    repository.git("commit", "--quiet", "--message", "add")
    assert export(open_source(repository.root), tmp_path / "tree").omitted == {"vendor": "a submodule"}


def test_a_commit_that_holds_git_folders_cannot_plant_them(repository: Any, tmp_path: Path) -> None:
    repository.commit({"a.py": "x\n"})
    blob = repository.git("hash-object", "-w", "a.py")
    inner = repository.git("mktree", stdin=f"100644 blob {blob}\tconfig\n")
    outer = repository.git("mktree", stdin=f"100644 blob {blob}\ta.py\n040000 tree {inner}\t.GIT\n")
    commit = repository.git("commit-tree", outer, "-m", "evil")
    repository.git("update-ref", "refs/heads/main", commit)
    repository.git("config", "core.bare", "true")
    exported = export(open_source(repository.root / ".git"), tmp_path / "tree")
    assert list(exported.omitted) == [".GIT/config"]
    assert names(tmp_path / "tree") == ["a.py"]


def test_a_bare_repository_exports_the_same(repository: Any, tmp_path: Path) -> None:
    repository.commit({"a.py": "x = 1\n", "b/c.py": ""})
    repository.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare.git"))
    one = export(open_source(repository.root), tmp_path / "one").tree
    two = export(open_source(tmp_path / "bare.git"), tmp_path / "two").tree
    assert tree_hash(one) == tree_hash(two)


def test_a_copy_is_independent_and_equal(folder: Callable[..., Path], tmp_path: Path) -> None:
    original = folder({"a.py": "x = 1\n", "b/c.py": "y\n"})
    (original / "link").symlink_to("a.py")
    before = tree_hash(original)
    copy = copy_tree(original, tmp_path / "copy")
    assert tree_hash(copy) == before
    (copy / "a.py").write_text("more")
    assert tree_hash(original) == before
    assert tree_hash(copy) != before


def test_a_copy_and_an_export_refuse_a_place_that_is_taken(folder: Callable[..., Path]) -> None:
    tree = folder({"a.py": ""})
    with pytest.raises(FileExistsError):
        copy_tree(tree, tree)
    with pytest.raises(RepoError, match="not empty"):
        export(open_source(tree), tree)


def test_the_hash_sees_content_names_modes_links_and_not_times(folder: Callable[..., Path]) -> None:
    tree = folder({"a.py": "x", "b.py": ""})
    hashes = [tree_hash(tree)]
    os.utime(tree / "a.py", (1, 1))
    assert tree_hash(tree) == hashes[0]
    (tree / "a.py").chmod(0o755)
    hashes.append(tree_hash(tree))
    (tree / "b.py").rename(tree / "c.py")
    hashes.append(tree_hash(tree))
    (tree / "link").symlink_to("a.py")
    hashes.append(tree_hash(tree))
    (tree / "link").unlink()
    (tree / "link").symlink_to("c.py")
    hashes.append(tree_hash(tree))
    (tree / "empty").mkdir()
    hashes.append(tree_hash(tree))
    assert len(set(hashes)) == len(hashes)
