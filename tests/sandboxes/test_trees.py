from __future__ import annotations

import os
from pathlib import Path

import pytest

from hotloop.sandboxes.errors import SandboxError
from hotloop.sandboxes.trees import (
    copy_tree,
    make_readable,
    readable_copy,
    refuse_git,
    remove_tree,
    tree_digest,
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    made = tmp_path / "tree"
    (made / "package").mkdir(parents=True)
    (made / "package" / "module.py").write_text("value = 1\n")
    (made / "link").symlink_to("package")
    return made


def test_equal_content_has_an_equal_digest_whatever_its_times(tree: Path, tmp_path: Path) -> None:
    copy_tree(tree, tmp_path / "copy")
    os.utime(tmp_path / "copy" / "package" / "module.py", (0, 0))
    (tmp_path / "copy" / "package" / "__pycache__").mkdir()
    assert tree_digest(tmp_path / "copy") == tree_digest(tree)


def test_content_names_links_and_executable_bits_count(tree: Path) -> None:
    module = tree / "package" / "module.py"
    seen = {tree_digest(tree)}
    module.write_text("value = 2\n")
    seen.add(tree_digest(tree))
    module.chmod(0o755)
    seen.add(tree_digest(tree))
    module.rename(tree / "package" / "other.py")
    seen.add(tree_digest(tree))
    (tree / "link").unlink()
    (tree / "link").symlink_to("elsewhere")
    seen.add(tree_digest(tree))
    assert len(seen) == 5


def test_a_folder_with_hostile_permissions_is_removed(tree: Path) -> None:
    (tree / "package").chmod(0)
    remove_tree(tree)
    assert not tree.exists()
    remove_tree(tree)


def test_removal_does_not_follow_links(tree: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").touch()
    (tree / "away").symlink_to(outside)
    remove_tree(tree)
    assert (outside / "kept").exists()


def test_a_copy_for_everyone_is_made_once_and_readable(tree: Path, tmp_path: Path) -> None:
    (tree / "package").chmod(0o700)
    (tree / "package" / "module.py").chmod(0o600)
    copy = readable_copy(tree, tmp_path / "shared")
    assert (copy / "package").stat().st_mode & 0o777 == 0o755
    assert (copy / "package" / "module.py").stat().st_mode & 0o777 == 0o644
    assert readable_copy(tree, tmp_path / "shared") == copy


def test_making_readable_leaves_the_target_of_a_link_alone(tree: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.touch(mode=0o600)
    (tree / "to-secret").symlink_to(secret)
    make_readable(tree)
    assert secret.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_a_tree_with_git_is_refused(tree: Path, kind: str) -> None:
    (tree / ".git").mkdir() if kind == "folder" else (tree / ".git").write_text("gitdir: /elsewhere\n")
    with pytest.raises(SandboxError, match=r"\.git"):
        refuse_git(tree)
